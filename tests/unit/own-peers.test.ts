import { expect, it } from 'vitest'
import { decode, encode } from '../../lib/torrent/bencode.ts'
import { withOwnAddress } from '../../server/tracker/own-peers.ts'

const answer = encode(
  new Map<string, number | Uint8Array>([
    ['interval', 600],
    ['peers', Uint8Array.of(127, 0, 0, 1, 26, 225, 192, 0, 2, 7, 0, 80)],
  ]),
)

function peersFor(client: string, own: string | undefined): number[] {
  const { value } = decode(withOwnAddress(answer, client, own))
  return value instanceof Map ? [...(value.get('peers') as Uint8Array)] : []
}

it('tells others a peer of this machine under the address they reached it at', () => {
  expect(peersFor('192.0.2.9', '192.0.2.1')).toEqual([192, 0, 2, 1, 26, 225, 192, 0, 2, 7, 0, 80])
})

it('leaves the answer as it is for clients of this machine, and where our address is not known', () => {
  const plain = [127, 0, 0, 1, 26, 225, 192, 0, 2, 7, 0, 80]
  expect(peersFor('127.0.0.1', '192.0.2.1')).toEqual(plain)
  expect(peersFor('192.0.2.9', undefined)).toEqual(plain)
  expect(peersFor('2001:db8::9', '2001:db8::1')).toEqual(plain)
})
