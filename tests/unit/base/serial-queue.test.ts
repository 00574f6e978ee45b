import { describe, expect, it } from 'vitest'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'

describe('SerialQueue', () => {
  it('starts a task only when the one before has settled, in order', async () => {
    const queue = new SerialQueue()
    const events: string[] = []
    const first = Promise.withResolvers<void>()
    const one = queue.add(async () => {
      events.push('first starts')
      await first.promise
      events.push('first ends')
    })
    const two = queue.add(() => events.push('second'))
    await Promise.resolve()
    expect(events).toEqual(['first starts'])
    first.resolve()
    await Promise.all([one, two])
    expect(events).toEqual(['first starts', 'first ends', 'second'])
  })

  it('gives each caller the result or the error of its own task, and goes on after an error', async () => {
    const queue = new SerialQueue()
    const failed = queue.add(() => {
      throw new RangeError('no')
    })
    const succeeded = queue.add(() => 7)
    await expect(failed).rejects.toThrow(RangeError)
    await expect(succeeded).resolves.toBe(7)
  })

  it('is idle when all that was added has settled, also with an error', async () => {
    const queue = new SerialQueue()
    let done = false
    queue.add(() => Promise.reject(new Error('no'))).catch(() => undefined)
    queue
      .add(async () => {
        await Promise.resolve()
        done = true
      })
      .catch(() => undefined)
    await queue.idle()
    expect(done).toBe(true)
  })
})
