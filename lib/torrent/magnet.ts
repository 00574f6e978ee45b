import { AppError } from '../base/errors.ts'
import { type InfoHash, infoHashOf, parseInfoHash } from './ids.ts'
import { percentEncode } from './percent-encode.ts'

/** A magnet link of one version 1 torrent (BEP 9). */
export interface Magnet {
  readonly infoHash: InfoHash
  /** `dn`, or empty. Untrusted text when parsed. */
  readonly name: string
  /** `tr`, in order. */
  readonly trackers: readonly string[]
  /** `xs`, the URL of the `.torrent`. */
  readonly source: string | null
  /** `xl`, bytes of content. */
  readonly length: number | null
  /** `ws` (BEP 19). */
  readonly webSeeds: readonly string[]
  /** `x.pe`: addresses of peers, as `host:port`; the host is a name, an IPv4 address, or an IPv6 address in brackets. */
  readonly peers: readonly string[]
}

/** A link to write; web seeds and peers may be left out. */
type WrittenMagnet = Omit<Magnet, 'webSeeds' | 'peers'> & Partial<Pick<Magnet, 'webSeeds' | 'peers'>>

const URN = 'urn:btih:'

/** Most peers that are read: a link is no list of hosts to call. */
const PEERS_MAX = 50

/** The magnet link (BEP 9); values are percent-encoded except for RFC 3986's unreserved characters (a space is `%20`). */
export function formatMagnet(magnet: WrittenMagnet): string {
  const parameters = [`xt=${URN}${magnet.infoHash}`]
  const add = (key: string, value: string) => parameters.push(`${key}=${percentEncode(value)}`)
  if (magnet.name !== '') add('dn', magnet.name)
  if (magnet.length !== null) add('xl', String(magnet.length))
  for (const tracker of magnet.trackers) add('tr', tracker)
  if (magnet.source !== null) add('xs', magnet.source)
  for (const webSeed of magnet.webSeeds ?? []) add('ws', webSeed)
  for (const peer of magnet.peers ?? []) add('x.pe', peer)
  return `magnet:?${parameters.join('&')}`
}

/**
 * Parses a magnet link (BEP 9) with a `btih` topic in hex or base32, in any case. Unknown parameters, an invalid `xl` and
 * an `x.pe` that is no address are ignored; `+` is a space, as some clients write it. Errors: `magnet_invalid`.
 */
export function parseMagnet(text: string): Magnet {
  const query = /^\s*magnet:\?(.*?)\s*$/is.exec(text)?.[1]
  if (query === undefined) throw new AppError('magnet_invalid', 'it does not begin with magnet:?')
  const parameters = new URLSearchParams(query)
  const length = parameters.get('xl') ?? ''
  return {
    infoHash: findInfoHash(parameters.getAll('xt')),
    name: parameters.get('dn') ?? '',
    trackers: nonEmpty(parameters.getAll('tr')),
    source: nonEmpty(parameters.getAll('xs'))[0] ?? null,
    length: /^\d+$/.test(length) && Number.isSafeInteger(Number(length)) ? Number(length) : null,
    webSeeds: nonEmpty(parameters.getAll('ws')),
    peers: [...new Set(parameters.getAll('x.pe').filter(isPeerAddress))].slice(0, PEERS_MAX),
  }
}

function findInfoHash(topics: readonly string[]): InfoHash {
  for (const topic of topics) {
    if (!topic.toLowerCase().startsWith(URN)) continue
    const digits = topic.slice(URN.length)
    const infoHash = parseInfoHash(digits) ?? parseBase32(digits)
    if (infoHash !== null) return infoHash
    throw new AppError('magnet_invalid', 'its info hash is neither 40 hex nor 32 base32 digits')
  }
  const versionTwo = topics.some(topic => /^urn:btmh:/i.test(topic))
  throw new AppError(
    'magnet_invalid',
    versionTwo ? 'it names a BitTorrent v2 hash only' : 'no info hash (xt)',
  )
}

/** 20 bytes in base32 (RFC 4648 section 6), which takes 32 digits and no padding. */
function parseBase32(text: string): InfoHash | null {
  if (!/^[a-z2-7]{32}$/i.test(text)) return null
  let bits = 0n
  for (const digit of text.toLowerCase())
    bits = (bits << 5n) | BigInt('abcdefghijklmnopqrstuvwxyz234567'.indexOf(digit))
  return infoHashOf(
    Uint8Array.from({ length: 20 }, (_, at) => Number((bits >> BigInt(152 - 8 * at)) & 0xffn)),
  )
}

function isPeerAddress(text: string): boolean {
  const [, host = '', port] = /^(\[[0-9a-f:.]+\]|[\w.-]+):(\d{1,5})$/i.exec(text) ?? []
  return Number(port) >= 1 && Number(port) <= 65_535 && URL.canParse(`http://${host}`)
}

function nonEmpty(values: readonly string[]): string[] {
  return values.filter(value => value !== '')
}
