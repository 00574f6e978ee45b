import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { addressBytes } from '../../../server/base/address.ts'
import { createLog } from '../../../server/base/log.ts'
import { RequestOrigin } from '../../../server/http/origin.ts'

/** The part of a request that the origin is read from. */
const request = (remoteAddress: string | undefined, headers: Record<string, string>) =>
  ({ socket: { remoteAddress }, connection: { remoteAddress }, headers }) as unknown as IncomingMessage

const lines: string[] = []
const log = createLog('info', line => lines.push(line))

const direct = new RequestOrigin({ publicUrl: undefined, trustedProxies: [] }, log)
const proxied = new RequestOrigin({ publicUrl: undefined, trustedProxies: ['10.0.0.0/8'] }, log)
const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'public.example', host: 'inner:3000' }

describe('public URL', () => {
  test('is the configured one, whatever the request says', () => {
    const origin = new RequestOrigin({ publicUrl: 'https://a.example', trustedProxies: ['10.0.0.0/8'] }, log)
    expect(origin.publicUrl(request('10.0.0.1', FORWARDED))).toBe('https://a.example')
  })

  test('believes forwarding headers of trusted proxies only', () => {
    expect(proxied.publicUrl(request('10.0.0.1', FORWARDED))).toBe('https://public.example')
    expect(proxied.publicUrl(request('::ffff:10.0.0.1', FORWARDED))).toBe('https://public.example')
    expect(proxied.publicUrl(request('11.0.0.1', FORWARDED))).toBe('http://inner:3000')
    expect(direct.publicUrl(request('10.0.0.1', FORWARDED))).toBe('http://inner:3000')
  })

  test.each(['[::1]:80', 'LOCALHOST', '127.0.0.1:3000', 'a-b.example'])('takes the host %s', host => {
    expect(direct.publicUrl(request('1.2.3.4', { host }))).toBe(new URL(`http://${host}`).origin)
  })

  test.each(['', 'a b', 'a/b', 'user@host', 'a?b', 'a:99999', '<script>', 'a,b'])(
    'refuses the host %j',
    host => {
      expect(() => direct.publicUrl(request('1.2.3.4', { host }))).toThrow('bad_request')
    },
  )
})

describe('client address', () => {
  test('is unknown once the client has gone', () => {
    for (const origin of [direct, proxied]) {
      for (const headers of [{}, { 'x-forwarded-for': '1.1.1.1' }]) {
        expect(origin.clientAddress(request(undefined, headers))).toBeUndefined()
        expect(origin.network(request(undefined, headers))).toBe('')
        expect(origin.isLocal(request(undefined, headers))).toBe(false)
      }
    }
  })

  test('is the nearest that is no trusted proxy', () => {
    const address = (origin: RequestOrigin, from: string, list: string) =>
      origin.clientAddress(request(from, { 'x-forwarded-for': list }))
    expect(address(direct, '9.9.9.9', '1.1.1.1')).toBe('9.9.9.9')
    expect(address(proxied, '10.0.0.1', '6.6.6.6, 1.1.1.1')).toBe('1.1.1.1')
    expect(address(proxied, '10.0.0.1', '6.6.6.6, 1.1.1.1, 10.0.0.2')).toBe('1.1.1.1')
    expect(address(proxied, '::ffff:9.9.9.9', '1.1.1.1')).toBe('9.9.9.9')
  })

  test.each(['1.2.3.4.5', '999.1.1.1', 'unknown', '<svg>'])(
    'is unknown when a proxy passes on %s',
    garbage => {
      expect(proxied.clientAddress(request('10.0.0.1', { 'x-forwarded-for': garbage }))).toBeUndefined()
    },
  )
})

describe('the address that limits count', () => {
  const bytes = (text: string) => addressBytes(text) ?? ''

  test('is that of the connection where no trusted proxy names another; that is said once', () => {
    const forged = request('192.168.1.7', { 'x-forwarded-for': '198.51.100.1' })
    expect(direct.limitedAddress(forged)).toBe(bytes('192.168.1.7'))
    expect(direct.limitedAddress(request('127.0.0.1', { forwarded: 'for=198.51.100.1' }))).toBe(
      bytes('127.0.0.1'),
    )
    expect(lines.filter(line => line.includes('TABSEED_TRUSTED_PROXIES'))).toHaveLength(1)
  })

  test('is that of the client behind a trusted proxy, or of the proxy where that writes nonsense', () => {
    const through = (forwarded: string) =>
      proxied.limitedAddress(request('10.0.0.1', { 'x-forwarded-for': forwarded }))
    expect(through('198.51.100.1')).toBe(bytes('198.51.100.1'))
    expect(through('nobody')).toBe(bytes('10.0.0.1'))
    expect(proxied.network(request('10.0.0.1', { 'x-forwarded-for': '2001:db8::1' }))).toBe(
      proxied.network(request('10.0.0.1', { 'x-forwarded-for': '2001:db8::ffff' })),
    )
  })
})
