import { expect, test } from 'vitest'
import { People } from '../../../lib/browser/publications/people.ts'
import type { PeerSnapshot, SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { InfoHash, PeerId } from '../../../lib/torrent/ids.ts'

const infoHash = 'a'.repeat(40) as InfoHash

const peer = (id: string, progress: number, uploaded = 0): PeerSnapshot => ({
  id: id as PeerId,
  client: '',
  via: 'direct',
  progress,
  downloadRate: 0,
  uploadRate: 5,
  downloaded: 0,
  uploaded,
})

/** The people of one publication, and how its peers change. */
function watched(role: SwarmSnapshot['role'] = 'publisher') {
  let swarms: SwarmSnapshot[] = []
  let listener = () => {}
  let now = 0
  const session = {
    getSnapshot: () => swarms,
    subscribe: (given: () => void) => {
      listener = given
      return () => {}
    },
  }
  const people = new People(session, () => now)
  const see = (...peers: readonly PeerSnapshot[]) => {
    now += 1
    swarms = [{ infoHash, role, peers } as unknown as SwarmSnapshot]
    listener()
    return people.of(infoHash)
  }
  return { people, see }
}

test('who got everything stays when they leave, and who did not does not', () => {
  const { see } = watched()
  see(peer('a', 0), peer('b', 0))
  see(peer('a', 0.5, 10), peer('b', 0.2, 5))
  expect(see(peer('a', 1, 20), peer('b', 0.4, 9))).toMatchObject([
    { id: 'a', doneAt: 3, leftAt: null },
    { id: 'b', doneAt: null, leftAt: null },
  ])
  expect(see()).toMatchObject([{ id: 'a', doneAt: 3, leftAt: 4, uploaded: 20, uploadRate: 0 }])
  // And comes back.
  expect(see(peer('a', 1, 20))).toMatchObject([{ id: 'a', doneAt: 3, leftAt: null }])
})

test('who comes with everything took nothing, though that is known a moment later only', () => {
  const { see } = watched()
  see(peer('a', 0), peer('b', 0))
  expect(see(peer('a', 1), peer('b', 1, 30))).toMatchObject([
    { id: 'a', doneAt: null },
    { id: 'b', doneAt: 2 },
  ])
  expect(see()).toMatchObject([{ id: 'b' }])
})

test('the server is marked when it is known, and forgotten when it leaves', () => {
  const { people, see } = watched()
  see(peer('s', 0), peer('a', 0))
  see(peer('s', 0.5, 10), peer('a', 0.5, 10))
  see(peer('s', 1, 20), peer('a', 1, 20))
  people.noteServer('s' as PeerId)
  expect(people.of(infoHash)).toMatchObject([
    { id: 's', isServer: true },
    { id: 'a', isServer: false },
  ])
  expect(see(peer('s', 1, 30), peer('a', 1, 20))).toMatchObject([{ id: 's', isServer: true }, { id: 'a' }])
  expect(see()).toMatchObject([{ id: 'a', doneAt: 3 }])
  // Under the same id again.
  expect(see(peer('s', 1))).toMatchObject([{ id: 'a' }, { id: 's', isServer: true }])
})

test('the list is the same while nothing changes, downloads have none, and old ones are forgotten', () => {
  const { see } = watched()
  const first = see(peer('a', 0.5, 10))
  expect(see(peer('a', 0.5, 10))).toBe(first)
  for (let at = 0; at < 150; at++) {
    see(peer(`p${at}`, 0.5, 1))
    see(peer(`p${at}`, 1, 2))
  }
  const left = see()
  expect(left).toHaveLength(100)
  expect(left.at(-1)).toMatchObject({ id: 'p149' })
  const reader = watched('reader')
  expect(reader.see(peer('a', 0.5))).toEqual([])
})
