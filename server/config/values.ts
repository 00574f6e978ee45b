import proxyAddr from 'proxy-addr'
import { z } from 'zod'
import { parseByteCount } from './byte-count.ts'

/** Parsers from the text of a setting to its value. Each error message continues the sentence "TABSEED_… …". */

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine(value => value >= least && value <= most, `must be from ${least} to ${most}`)

/** A whole number of bytes, at least `least`, as `parseByteCount` reads it. */
export const byteCount = (least: number) =>
  z.string().transform((text, context) => {
    const bytes = parseByteCount(text)
    if (bytes !== null && bytes >= least) return bytes
    context.addIssue(
      `must be a number of bytes, at least ${least}, with a unit such as kB, MB, GB, MiB or GiB`,
    )
    return z.NEVER
  })

export const onOff = z.enum(['on', 'off'], { error: 'must be on or off' }).transform(value => value === 'on')

/** A UDP port, or a range of them. */
export const portRange = z
  .string()
  .regex(/^\d{1,5}(-\d{1,5})?$/, 'must be a port or a range of ports')
  .transform(text => {
    const [first = 0, last = first] = text.split('-').map(Number)
    return { first, last }
  })
  .refine(({ first, last }) => first > 0 && first <= last && last <= 65_535, 'must be from 1 to 65535')

/** A host, or an IPv6 address in brackets, and a TCP port. */
export const hostAndPort = z
  .string()
  .regex(/^([\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}$/, 'must be a host and a port')
  .transform(text => {
    const at = text.lastIndexOf(':')
    return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
  })
  .refine(({ port }) => port > 0 && port <= 65_535, 'must have a port from 1 to 65535')

export const commaList = z.string().transform(text =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== ''),
)

export const isOperatorKey = (text: string): boolean => /^[\w-]{16,}$/.test(text)

/** Names and keys of operators, of texts `name:key`. */
export function operatorKeyList(
  list: readonly string[],
  context: z.RefinementCtx,
): readonly (readonly [name: string, key: string])[] {
  const pairs = list.map(text => {
    const [, name = '', key = ''] = /^([\w.@-]{1,40}):(.*)$/.exec(text) ?? []
    return [name, key] as const
  })
  const names = new Set(pairs.map(([name]) => name))
  if (names.size === pairs.length && pairs.every(([name, key]) => name !== '' && isOperatorKey(key)))
    return pairs
  context.addIssue(
    'must be name:key pairs with distinct names, and keys of at least 16 letters, digits, - or _',
  )
  return z.NEVER
}

/** A mail address, or a URL that a link may lead to. */
export function isContact(text: string): boolean {
  if (/^[^\s@<>"]+@[^\s@<>"]+$/.test(text) && !/^[a-z]+:/i.test(text)) return true
  const url = URL.parse(text)
  return url !== null && /^(https?|mailto):$/.test(url.protocol) && !/\s/.test(text)
}

const ICE_URL = /^(stuns?|turns?):\S+$/
export const TURN_URL = /^turns?:\S+$/

/** `RTCIceServer` of the WebRTC specification, without members that browsers have removed. */
export const iceServer = z.strictObject({
  urls: z.union([z.string().regex(ICE_URL), z.array(z.string().regex(ICE_URL)).min(1)], {
    error: 'urls must be stun:… or turn:… addresses',
  }),
  username: z.string().optional(),
  credential: z.string().optional(),
})

export function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
}

export function isProxyList(list: readonly string[]): boolean {
  try {
    proxyAddr.compile([...list])
    return true
  } catch {
    return false
  }
}

export function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('must be JSON')
    return z.NEVER
  }
}
