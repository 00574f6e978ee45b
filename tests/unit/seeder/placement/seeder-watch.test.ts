import { expect, test } from 'vitest'
import { SeederWatch } from '../../../../server/seeder/placement/seeder-watch.ts'
import type { SeederRecord } from '../../../../server/shares/copies/copy-store.ts'

const identity = { id: 'one', name: 'One', zone: '', url: 'https://files.test', insideUrl: '' }

/** A server that looks every ten seconds at a seeder, which it or another server writes down. */
function watched() {
  let ms = 0
  let seenAt = 0
  let isHere = true
  const seeder = { identity, isAway: false, room: null }
  const linked: (typeof seeder)[] = []
  const watch = new SeederWatch({
    linked: () => linked,
    lostMs: 600_000,
    hereMs: 180_000,
    stepMaxMs: 30_000,
    now: () => ms,
  })
  const look = (by: 'us' | 'another' | 'nobody' | 'left', changed: Partial<SeederRecord> = {}) => {
    ms += 10_000
    if (by === 'us' || by === 'another') {
      seenAt = ms
      isHere = true
    }
    if (by === 'left') isHere = false
    const record = { ...identity, ...changed, free: null, seenAt: new Date(seenAt), isHere }
    watch.look([record], new Set(by === 'us' ? ['one'] : []))
    return watch.seeders()[0]
  }
  return { seeder, linked, look }
}

test('a seeder that goes over to another server is there, with what that one says of it', () => {
  const { linked, look, seeder } = watched()
  linked.push(seeder)
  look('us')
  expect(look('us')).toMatchObject({ isHere: true, url: 'https://files.test' })
  seeder.isAway = true
  expect(look('nobody')).toMatchObject({ isHere: false, isLost: false })
  expect(look('another', { url: 'https://new.test' })).toMatchObject({
    isHere: true,
    url: 'https://new.test',
  })

  // Nobody sees it any more.
  for (let looks = 0; looks < 17; looks += 1) expect(look('nobody')?.isHere).toBe(true)
  expect(look('nobody')?.isHere).toBe(false)
  for (let looks = 0; looks < 60; looks += 1) look('nobody')
  expect(look('nobody')?.isLost).toBe(true)
})

test('that it left a moment after it was written down does not make it one of another server', () => {
  const { linked, look, seeder } = watched()
  linked.push(seeder)
  look('us')
  seeder.isAway = true
  expect(look('us')?.isHere).toBe(false)
})

test('one that is connected elsewhere is there once it was seen twice', () => {
  const { look } = watched()
  expect(look('another')?.isHere).toBe(false)
  expect(look('another')?.isHere).toBe(true)
})

test('one that another server says has left is gone at once, and back when it is seen again', () => {
  const { look } = watched()
  look('another')
  expect(look('another')?.isHere).toBe(true)
  expect(look('left')).toMatchObject({ isHere: false, isLost: false })
  expect(look('nobody')?.isHere).toBe(false)
  expect(look('another')?.isHere).toBe(true)
})
