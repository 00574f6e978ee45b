import { isIP } from 'node:net'

/**
 * The 4 or 16 bytes of an IP address, one a UTF-16 unit; an IPv4 address inside IPv6 (`::ffff:1.2.3.4`, RFC 4291 section
 * 2.5.5.2) as 4 bytes. Undefined for text that is no IP address.
 */
export function addressBytes(address: string): string | undefined {
  const family = isIP(address)
  if (family === 0) return undefined
  if (family === 4) return String.fromCharCode(...address.split('.').map(Number))
  const bytes = ipv6Bytes(address.replace(/%.*$/, ''))
  return bytes.startsWith(MAPPED_V4) ? bytes.slice(MAPPED_V4.length) : bytes
}

/** The part of an address that limits apply to: an IPv4 address, or an IPv6 network of 64 bits, which one customer gets. */
export function clientNetwork(bytes: string): string {
  return bytes.length === IPV4_BYTES ? bytes : bytes.slice(0, 8)
}

/** Address and port as compact peer lists hold them: BEP 23 for IPv4, BEP 7 for IPv6. */
export function compactPeer(bytes: string, port: number): string {
  return bytes + String.fromCharCode(port >> 8, port & 0xff)
}

/** Whether `bytes` is an address of this machine itself: 127.0.0.0/8 or ::1 (RFC 6890). */
export const isLoopback = (bytes: string): boolean =>
  bytes === IPV6_LOOPBACK || (bytes.length === IPV4_BYTES && bytes.startsWith('\x7f'))

const IPV4_BYTES = 4
const IPV6_LOOPBACK = `${'\0'.repeat(15)}\x01`
const IPV6_GROUPS = 8
const MAPPED_V4 = `${'\0'.repeat(10)}\xff\xff`

function ipv6Bytes(address: string): string {
  const [before = '', after] = address.split('::')
  const head = groups(before)
  const tail = after === undefined ? [] : groups(after)
  const zeros = Array<number>(IPV6_GROUPS - head.length - tail.length).fill(0)
  return [...head, ...zeros, ...tail].map(group => String.fromCharCode(group >> 8, group & 0xff)).join('')
}

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [(a << 8) | b, (c << 8) | d]
  })
}
