import { expect, it } from 'vitest'
import { addressBytes, compactPeer } from '../../../server/base/address.ts'
import { addressToward, hasOwnPeers, withOwnAddress } from '../../../server/tracker/classic/loopback-peers.ts'

const bytes = (address: string) => addressBytes(address) ?? ''
const here = compactPeer(bytes('127.0.0.1'), 6881)
const there = compactPeer(bytes('192.0.2.7'), 80)
const peersFor = (client: string, own: string | undefined) =>
  withOwnAddress([here, there], bytes(client), own)

it('tells others a peer of this machine under the address they reached it at', () => {
  expect(peersFor('192.0.2.9', '192.0.2.1')).toEqual([compactPeer(bytes('192.0.2.1'), 6881), there])
})

it('leaves the answer as it is for clients of this machine', () => {
  for (const client of ['127.0.0.1', '::1']) {
    expect(peersFor(client, '192.0.2.1')).toEqual([here, there])
    expect(hasOwnPeers([here, there], bytes(client))).toBe(false)
  }
})

it('leaves out peers of this machine where its address is not known', () => {
  for (const [client, own] of [
    ['192.0.2.9', undefined],
    ['192.0.2.9', '127.0.0.1'],
    ['2001:db8::9', '2001:db8::1'],
  ] as const) {
    expect(hasOwnPeers([here, there], bytes(client))).toBe(true)
    expect(peersFor(client, own)).toEqual([there])
  }
})

it('finds the address that a client reaches this machine at', async () => {
  expect(await addressToward('127.0.0.5')).toBe('127.0.0.1')
  expect(await addressToward('::1')).toBe('::1')
  expect(await addressToward('not an address')).toBeUndefined()
})
