import { type InfoHash, parseInfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { saveName } from '../torrent/paths.ts'
import { mediaOf } from './media.ts'
import { type ByteRange, parseRange } from './range.ts'

/** Where the service worker answers with the bytes of a file; the name is for the browser's own "Save as". */
export function playUrl(infoHash: InfoHash, index: number, name: string): string {
  return `/play/${infoHash}/${index}/${encodeURIComponent(saveName(name))}`
}

/** The share and file index of a path made by `playUrl`, or null. */
export function parsePlayPath(pathname: string): { infoHash: InfoHash; index: number } | null {
  const [, hash = '', index = ''] = /^\/play\/([^/]*)\/(\d{1,9})\/[^/]*$/.exec(pathname) ?? []
  const infoHash = parseInfoHash(hash)
  return infoHash === null ? null : { infoHash, index: Number(index) }
}

/** Status and headers of an answer; `body`: the range of the file to send, or null. */
export interface PlayAnswer {
  readonly status: 200 | 206 | 404 | 416
  readonly headers: Readonly<Record<string, string>>
  readonly body: ByteRange | null
}

/** For every answer: browsers do not guess a type, other sites cannot read it, nothing caches it. */
const COMMON = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

const POLICY =
  "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
/** Browsers do not start their PDF viewer in a sandbox; it runs outside of our origin anyway. */
const PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"

/** The answer to a request for file `index`, with or without a `Range` header. */
export function answerPlay({ files }: Metainfo, index: number, rangeHeader: string | null): PlayAnswer {
  const file = files[index]
  if (!file || file.padding) return { status: 404, headers: COMMON, body: null }
  const name = saveName(file.path.at(-1) ?? '')
  const media = mediaOf(name)
  const headers: Record<string, string> = {
    ...COMMON,
    'accept-ranges': 'bytes',
    'content-type': media?.type ?? 'application/octet-stream',
    'content-security-policy': media?.kind === 'pdf' ? PDF_POLICY : `sandbox; ${POLICY}`,
    'content-disposition': `${media ? 'inline' : 'attachment'}; filename*=UTF-8''${headerName(name)}`,
  }
  const range = parseRange(rangeHeader, file.length)
  if (range === 'unsatisfiable') {
    return { status: 416, headers: { ...headers, 'content-range': `bytes */${file.length}` }, body: null }
  }
  const { start, end } = range ?? { start: 0, end: file.length }
  headers['content-length'] = String(end - start)
  if (range) headers['content-range'] = `bytes ${start}-${end - 1}/${file.length}`
  return {
    status: range ? 206 : 200,
    headers,
    body: { start, end },
  }
}

/** RFC 8187: any name, encoded so that nothing in it can end the header. */
function headerName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, char => `%${char.charCodeAt(0).toString(16)}`)
}
