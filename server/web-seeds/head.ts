import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { mediaOf } from '../../lib/play/media.ts'
import { type ByteRange, parseRange } from '../../lib/play/range.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { saveName } from '../../lib/torrent/paths.ts'
import { matchesWeakly, tagsIn } from '../http/etag.ts'
import { attachment } from '../http/reply.ts'

/** One file of a share, as its URL names it. */
interface NamedFile {
  readonly infoHash: InfoHash
  /** In metainfo order. */
  readonly index: number
  readonly name: string
  /** Bytes. */
  readonly length: number
}

/** Head of an answer, and the bytes of the file that follow it; null: none. */
interface Head {
  readonly status: 200 | 206 | 304 | 412 | 416
  readonly headers: OutgoingHttpHeaders
  readonly body: ByteRange | null
}

/** On every answer below `/w/`, errors included: any page may read it, no page may run it. */
export const WEB_SEED_HEADERS: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, Retry-After',
  'cross-origin-resource-policy': 'cross-origin',
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
}

/** What a browser asks before it sends `Range` to another origin (Fetch standard, CORS preflight). */
export const WEB_SEED_PREFLIGHT: OutgoingHttpHeaders = {
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'Cache-Control, If-Match, If-None-Match, If-Range, Range, User-Agent',
  'access-control-max-age': '86400',
}

/**
 * The answer to GET or HEAD of `file` by RFC 9110: preconditions in the order of section 13.2.2, then `Range` of a GET
 * (14.2). Several ranges, and what is not understood, get the whole file. A file of a share never changes, so its name
 * in the swarm is a strong entity tag; there is no modification date, so conditions on dates are ignored (13.1.3).
 */
export function headFor(file: NamedFile, method: string, request: IncomingHttpHeaders): Head {
  const etag = `"${file.infoHash}-${file.index}"`
  const common = {
    etag,
    'accept-ranges': 'bytes',
    // `no-transform`: a proxy that compresses would move every range.
    'cache-control': 'public, max-age=31536000, immutable, no-transform',
  }
  if (request['if-match'] !== undefined && !tagsIn(request['if-match'], etag).includes(etag)) {
    return { status: 412, headers: common, body: null }
  }
  if (request['if-none-match'] !== undefined && matchesWeakly(request['if-none-match'], etag)) {
    return { status: 304, headers: common, body: null }
  }

  const condition = request['if-range']
  const wantsRange = method === 'GET' && (condition === undefined || condition === etag)
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
