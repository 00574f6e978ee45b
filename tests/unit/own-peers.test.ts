import { expect, it } from 'vitest'
import { addressBytes, compactPeer } from '../../server/tracker/address.ts'
import { withOwnAddress } from '../../server/tracker/own-peers.ts'

const bytes = (address: string) => addressBytes(address) ?? ''
const here = compactPeer(bytes('127.0.0.1'), 6881)
const there = compactPeer(bytes('192.0.2.7'), 80)
const peersFor = (client: string, own: string | undefined) =>
  withOwnAddress([here, there], bytes(client), own)

it('tells others a peer of this machine under the address they reached it at', () => {
  expect(peersFor('192.0.2.9', '192.0.2.1')).toEqual([compactPeer(bytes('192.0.2.1'), 6881), there])
})

it('leaves the answer as it is for clients of this machine, and where our address is not known', () => {
  for (const [client, own] of [
    ['127.0.0.1', '192.0.2.1'],
    ['::1', '192.0.2.1'],
    ['192.0.2.9', undefined],
    ['192.0.2.9', '127.0.0.1'],
    ['2001:db8::9', '2001:db8::1'],
  ] as const) {
    expect(peersFor(client, own)).toEqual([here, there])
  }
})
