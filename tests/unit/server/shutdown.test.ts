import { expect, test } from 'vitest'
import { Shutdown } from '../../../server/base/shutdown.ts'

test('runs the registered steps one after the other in the given order', async () => {
  const shutdown = new Shutdown(['first', 'second', 'third'])
  const ran: string[] = []
  shutdown.on('third', () => ran.push('third'))
  shutdown.on('first', async () => {
    await Promise.resolve()
    ran.push('first')
  })
  await shutdown.run()
  expect(ran).toEqual(['first', 'third'])
})

test('a step that fails keeps no other from running, and its error is thrown', async () => {
  const shutdown = new Shutdown(['first', 'second', 'third'])
  const ran: string[] = []
  shutdown.on('first', () => Promise.reject(new Error('no')))
  shutdown.on('second', () => ran.push('second'))
  await expect(shutdown.run()).rejects.toThrow('no')
  expect(ran).toEqual(['second'])
  shutdown.on('third', () => {
    throw new Error('not this one either')
  })
  await expect(shutdown.run()).rejects.toThrow(AggregateError)
})
