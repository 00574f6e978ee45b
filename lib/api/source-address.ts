import { type InfoHash, parseInfoHash } from '../torrent/ids.ts'
import { type Magnet, parseMagnet } from '../torrent/magnet.ts'

/** What somebody typed or pasted to name a share. */
export type SourceAddress =
  | { readonly kind: 'magnet'; readonly magnet: Magnet }
  /** A share of a server; `origin` null: of the server that is asked anyway. */
  | { readonly kind: 'share'; readonly origin: string | null; readonly infoHash: InfoHash }
  /** A `.torrent` on any server. */
  | { readonly kind: 'torrent-url'; readonly url: string }
  /** A file on this computer, by its `file:` address or its path. */
  | { readonly kind: 'file-url'; readonly url: string }
  | { readonly kind: 'path'; readonly path: string }

/** Pages, widget frame, web seed, `.torrent` and status of one share; what follows the info hash is of no matter. */
const SHARE_PATH = /^\/(?:d|embed|w|t|status)\/([0-9a-f]{40})(?![0-9a-z])/i

/** `host/d/<info hash>`, as browsers show addresses: without a scheme. */
const SCHEMELESS =
  /^(?:localhost|[\w-]+(?:\.[\w-]+)+|\[[0-9a-f:.]+\])(?::\d+)?\/(?:d|embed|w|t|status)\/[0-9a-f]{40}/i

/** Hosts on this computer or network, where a server is seldom behind https. */
const LOCAL_HOST = /^(?:localhost|[\d.]+|\[[0-9a-f:.]+\])(?::\d+)?\//i

/**
 * Understands a share's addresses as they come out of mails, chats and web pages: in angle brackets or quotes, with
 * `&amp;` for `&`, without a scheme, with a slash at the end; a bare info hash (hex or base32); the address of a
 * `.torrent`; a magnet link; a file. Whatever is none of these is taken as a path.
 * Errors: `magnet_invalid`, for text that begins as a magnet link.
 */
export function parseSourceAddress(text: string): SourceAddress {
  const bare = text
    .trim()
    .replace(/^[<"'“„](.*)[>"'”“]$/s, '$1')
    .trim()
  if (/^magnet:/i.test(bare)) {
    return { kind: 'magnet', magnet: parseMagnet(bare.replaceAll('&amp;', '&')) }
  }
  const infoHash = parseInfoHash(bare) ?? infoHashOfBase32(bare)
  if (infoHash !== null) return { kind: 'share', origin: null, infoHash }
  if (SCHEMELESS.test(bare))
    return parseSourceAddress(`${LOCAL_HOST.test(bare) ? 'http' : 'https'}://${bare}`)
  const url = URL.parse(bare)
  if (url?.protocol === 'file:') return { kind: 'file-url', url: url.href }
  if (url === null || !/^https?:$/.test(url.protocol)) return { kind: 'path', path: text }
  const named = SHARE_PATH.exec(url.pathname)?.[1]
  const ofShare = named === undefined ? null : parseInfoHash(named)
  return ofShare === null
    ? { kind: 'torrent-url', url: bare.replaceAll('&amp;', '&') }
    : { kind: 'share', origin: url.origin, infoHash: ofShare }
}

function infoHashOfBase32(text: string): InfoHash | null {
  return /^[a-z2-7]{32}$/i.test(text) ? parseMagnet(`magnet:?xt=urn:btih:${text}`).infoHash : null
}
