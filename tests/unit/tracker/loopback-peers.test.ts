import { expect, it } from 'vitest'
import { addressBytes, compactPeer } from '../../../server/base/address.ts'
import {
  hasLoopbackPeers,
  localAddressToward,
  replaceLoopback,
} from '../../../server/tracker/classic/loopback-peers.ts'

const bytes = (address: string) => addressBytes(address) ?? ''
const here = compactPeer(bytes('127.0.0.1'), 6881)
const there = compactPeer(bytes('192.0.2.7'), 80)
const peersFor = (client: string, serverAddress: string | undefined) =>
  replaceLoopback([here, there], bytes(client), serverAddress)

it('gives other machines a peer of this one with the address they reached it at', () => {
  expect(peersFor('192.0.2.9', '192.0.2.1')).toEqual([compactPeer(bytes('192.0.2.1'), 6881), there])
})

it('leaves the answer as it is for clients of this machine', () => {
  for (const client of ['127.0.0.1', '::1']) {
    expect(peersFor(client, '192.0.2.1')).toEqual([here, there])
    expect(hasLoopbackPeers([here, there], bytes(client))).toBe(false)
  }
})

it('leaves out peers of this machine when its address is not known', () => {
  for (const [client, serverAddress] of [
    ['192.0.2.9', undefined],
    ['192.0.2.9', '127.0.0.1'],
    ['2001:db8::9', '2001:db8::1'],
  ] as const) {
    expect(hasLoopbackPeers([here, there], bytes(client))).toBe(true)
    expect(peersFor(client, serverAddress)).toEqual([there])
  }
})

it('finds the local address toward a client', async () => {
  expect(await localAddressToward('127.0.0.5')).toBe('127.0.0.1')
  expect(await localAddressToward('::1')).toBe('::1')
  expect(await localAddressToward('not an address')).toBeUndefined()
})
