import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { mediaOf } from '../../lib/play/media.ts'
import { type ByteRange, parseRange } from '../../lib/play/range.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { saveName } from '../../lib/torrent/paths.ts'
import { allowsRange, hasFailed, isKnown, validatorHeaders } from '../http/conditions.ts'
import { attachment } from '../http/reply.ts'

/** A file of a share. */
interface NamedFile {
  readonly infoHash: InfoHash
  /** Index in metainfo order. */
  readonly index: number
  readonly name: string
  /** Bytes. */
  readonly length: number
  /** Of the file on this disk; null if there is none, as of an empty one. */
  readonly modified: Date | null
}

/** Head of an answer, and the range of the file in its body; null for no body. */
interface Head {
  readonly status: 200 | 206 | 304 | 412 | 416
  readonly headers: OutgoingHttpHeaders
  readonly body: ByteRange | null
}

/** Headers of every answer below `/w/`, errors included: any page may read it, none may execute it. */
export const WEB_SEED_HEADERS: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Retry-After',
  'cross-origin-resource-policy': 'cross-origin',
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
}

/** Answers a browser's CORS preflight, which it sends before `Range` to another origin (Fetch standard). */
export const WEB_SEED_PREFLIGHT: OutgoingHttpHeaders = {
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers':
    'Cache-Control, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range, User-Agent',
  'access-control-max-age': '86400',
}

/**
 * The answer to GET or HEAD of `file` by RFC 9110: preconditions in the order of section 13.2.2, then `Range` of a GET
 * (14.2). Several ranges, and invalid ones, get the whole file. A file of a share never changes, so info hash and index are
 * a strong entity tag, and its date on this disk is one as well.
 */
export function headFor(file: NamedFile, method: string, request: IncomingHttpHeaders): Head {
  const validators = { etag: `"${file.infoHash}-${file.index}"`, modified: file.modified }
  const common = {
    ...validatorHeaders(validators),
    'accept-ranges': 'bytes',
    // `no-transform`: ranges of a response that a proxy compressed would be different bytes.
    'cache-control': 'public, max-age=31536000, immutable, no-transform',
  }
  if (hasFailed(request, validators)) return { status: 412, headers: common, body: null }
  if (isKnown(request, validators)) return { status: 304, headers: common, body: null }

  const wantsRange = method === 'GET' && allowsRange(request, validators)
  const range = wantsRange ? parseRange(request.range ?? null, file.length) : null
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { ...common, 'content-range': `bytes */${file.length}` }, body: null }
  }
  const { start, end } = range ?? { start: 0, end: file.length }
  const name = saveName(file.name)
  const headers = {
    ...common,
    'content-type': mediaOf(name)?.type ?? 'application/octet-stream',
    'content-disposition': attachment(name),
    'content-length': end - start,
    ...(range && { 'content-range': `bytes ${start}-${end - 1}/${file.length}` }),
  }
  return { status: range ? 206 : 200, headers, body: { start, end } }
}
