import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** Content codings (RFC 9110 section 8.4.1) that answers have, the smallest first. */
const ENCODINGS = ['br', 'gzip'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** A body in codings that were made beforehand. */
export type EncodedBody = Readonly<Record<Encoding, Uint8Array>>

/** What shrinks, by its media type. Plain text without parameters is a tracker's answer, which not every client unpacks. A `.torrent` is mostly hashes, and the files of shares are sent in ranges. */
const COMPRESSIBLE =
  /^(?:text\/(?:html|css|javascript|plain(?=;))|application\/(?:json|atom\+xml|manifest\+json)|image\/svg\+xml)(?:;|$)/

/** Below this many bytes an answer fits into one packet anyway. */
const WORTH_BYTES = 1_000

/** Brotli's own scale: half the size for a hundredth of the time of the best. */
const BROTLI_AT_ONCE = 4

/** What a client takes, by its `Accept-Encoding` (RFC 9110 section 12.5.3): of equal weights the smallest; null for none. */
export function chooseEncoding(accepted: string | undefined): Encoding | null {
  const weights = new Map<string, number>()
  for (const item of (accepted ?? '').toLowerCase().split(',')) {
    const [coding = '', ...parameters] = item.split(';').map(part => part.trim())
    const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice(2)
    if (coding !== '')
      weights.set(coding === 'x-gzip' ? 'gzip' : coding, weight === undefined ? 1 : Number(weight) || 0)
  }
  const weightOf = (encoding: Encoding) => weights.get(encoding) ?? weights.get('*') ?? 0
  const [best] = ENCODINGS.toSorted((a, b) => weightOf(b) - weightOf(a))
  // `identity` is acceptable unless it is excluded; where it is named, it may be preferred.
  return best && weightOf(best) > 0 && weightOf(best) >= (weights.get('identity') ?? 0) ? best : null
}

export const isCompressible = (contentType: unknown): boolean => COMPRESSIBLE.test(String(contentType ?? ''))

export const isWorthwhile = (body: Uint8Array): boolean => body.length >= WORTH_BYTES

/** In a thread of the pool, as fast as an answer needs it. */
export function encode(body: Uint8Array, encoding: Encoding): Promise<Uint8Array> {
  if (encoding === 'gzip') return promisify(gzip)(body)
  return promisify<Uint8Array, object, Uint8Array>(brotliCompress)(body, brotli(BROTLI_AT_ONCE, body))
}

/** As small as it gets: for what is made once and served often. */
export async function encodeOnce(body: Uint8Array): Promise<EncodedBody> {
  const best = promisify<Uint8Array, object, Uint8Array>(brotliCompress)(body, brotli(11, body))
  return { br: await best, gzip: await promisify<Uint8Array, object, Uint8Array>(gzip)(body, { level: 9 }) }
}

const brotli = (quality: number, { length }: Uint8Array) => ({
  params: {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: length,
  },
})
