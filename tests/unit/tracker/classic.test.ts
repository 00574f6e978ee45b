import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLog } from '../../../server/base/log.ts'
import { Access } from '../../../server/tracker/access.ts'
import { AddressQuota, AddressQuotas } from '../../../server/tracker/address-quotas.ts'
import { ClassicPeers } from '../../../server/tracker/classic/classic-peers.ts'
import { announceOverHttp } from '../../../server/tracker/classic/http-announce.ts'
import { localAddressToward } from '../../../server/tracker/classic/loopback-peers.ts'
import { announceAnswer } from '../../../server/tracker/classic/udp-packets.ts'
import { Counters } from '../../../server/tracker/counters.ts'
import { StateFile } from '../../../server/tracker/state-file.ts'
import { Swarms } from '../../../server/tracker/swarms/swarms.ts'
import { readMessage } from '../../../server/tracker/tabs/read-message.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const HASH = 'a'.repeat(20)
const now = () => 0

function open() {
  const counters = new Counters()
  const swarms = new Swarms({ access: new Access('open'), counters, now, limited: true })
  const limits = { on: true, scrape: 'all' } as const
  const peers = new ClassicPeers({ swarms, counters, limits, now, interval: () => 600 })
  const announce = (more: string, id = 'b'.repeat(20)) => {
    const reply = announceOverHttp(peers, `info_hash=${HASH}&peer_id=${id}&port=7&${more}`, {
      quota: new AddressQuota(),
      address: '192.0.2.1',
      serverAddress: undefined,
    })
    if (reply instanceof Promise) throw new Error('a server that is alone answers at once')
    return String(reply.body)
  }
  return { announce, swarms }
}

test.each(['left=9223372036854775807', 'left=18446744073709551615', 'left=-1', 'left=1&event=empty'])(
  'a client that has a magnet only is a leecher: %s',
  query => {
    const { announce, swarms } = open()
    expect(announce(query)).not.toContain('failure')
    expect(swarms.counts(HASH)).toMatchObject({ complete: 0, incomplete: 1 })
  },
)

test('the same over a WebSocket', () => {
  const text = JSON.stringify({ action: 'announce', info_hash: HASH, peer_id: 'b'.repeat(20), left: -1 })
  expect(readMessage(text)).toMatchObject({ kind: 'announce', report: { seed: false } })
})

test('`stopped` with another peer id at the same address removes nobody', () => {
  const { announce, swarms } = open()
  announce('left=5')
  announce('left=5&event=stopped', 'c'.repeat(20))
  expect(swarms.counts(HASH).incomplete).toBe(1)
  announce('left=5&event=stopped')
  expect(swarms.counts(HASH).incomplete).toBe(0)
})

test('the local address toward an IPv4 client of a socket for both families is an IPv4 address', async () => {
  expect(await localAddressToward('::ffff:127.0.0.1')).toBe('127.0.0.1')
})

test('an answer over UDP fits into one packet, whatever the family', () => {
  const counts = { complete: 0, incomplete: 200, downloaded: 0, interval: 600 }
  for (const bytes of [6, 18]) {
    const packet = announceAnswer(1, counts, Array<string>(220).fill('x'.repeat(bytes)))
    expect(packet.length).toBeLessThanOrEqual(1232)
    expect((packet.length - 20) % bytes).toBe(0)
    expect(packet.length).toBeGreaterThan(1200)
  }
})

test('connections are counted even without limits', () => {
  const unlimited = new AddressQuotas({ limited: false })
  const limited = new AddressQuotas({ limited: true })
  const quota = unlimited.of('\x7f\0\0\x01')
  for (let count = 0; count < 65; count += 1) expect(unlimited.connect(quota)).toBe(true)
  expect(quota.sockets).toBe(65)
  expect(limited.connect(quota)).toBe(false)
})

test('two saves at once run one after the other, and the later one stays', async () => {
  using folder = tempFolder()
  const file = new StateFile(join(folder.path, 'tracker.json'))
  const { announce, swarms } = open()
  announce('left=5')
  const first = file.save(swarms)
  announce('left=5&event=stopped')
  await Promise.all([first, file.save(swarms)])
  const later = open().swarms
  expect(new StateFile(join(folder.path, 'tracker.json')).load(later, createLog('silent'))).toBe(true)
  expect(later.counts(HASH).incomplete).toBe(0)
})
