import { fetchMetainfo } from '../api/client.ts'
import { parseSourceAddress } from '../api/source-address.ts'
import { AppError, toAppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { isEncryptedName } from '../encryption/outer-name.ts'
import { type InfoHash, parseInfoHash } from '../torrent/ids.ts'
import { METAINFO_MAX_BYTES } from '../torrent/layout.ts'
import { parseMagnet } from '../torrent/magnet.ts'
import { type Metainfo, parseMetainfo } from '../torrent/metainfo.ts'

/** Saved links (`.url`, `.webloc`, plain text) are far smaller. */
const LINK_FILE_MAX_BYTES = 64 * 1024

/** `d`: a `.torrent` is a bencoded dictionary. */
const DICTIONARY = 0x64

/**
 * The metainfo in a `.torrent`, or that of the share whose link is in a file.
 * Errors: those of `parseMetainfo` and `fetchMetainfo`, `link_invalid`, `file_unreadable`.
 */
export async function readSourceFile(file: File): Promise<Metainfo> {
  if (file.size > METAINFO_MAX_BYTES) throw new AppError('metainfo_too_large', `${file.size} bytes`)
  let bytes: Uint8Array
  try {
    bytes = new Uint8Array(await file.arrayBuffer())
  } catch (cause) {
    throw new AppError('file_unreadable', file.name, { cause })
  }
  if (bytes[0] === DICTIONARY) return parseMetainfo(bytes)
  if (bytes.length > LINK_FILE_MAX_BYTES) throw new AppError('link_invalid', file.name)
  return fetchMetainfo(infoHashIn(new TextDecoder().decode(bytes)))
}

/**
 * A share of this server as its copies are: of an encrypted one what is inside, if `fragment` (what is behind the `#` of its link) or this browser has
 * its key; else the encrypted file. Errors: those of `fetchMetainfo` and of `openWithKey`; `password_wrong` where a password would have to be asked for.
 */
export async function readShare(tab: BrowserTab, infoHash: InfoHash, fragment = ''): Promise<Metainfo> {
  const outside = await fetchMetainfo(infoHash)
  if (!isEncryptedName(outside.statedName)) return outside
  const { openWithKey } = await import('../browser/sealed/open-with-key.ts').catch(cause => {
    throw new AppError('server_unreachable', 'the code that decrypts', { cause })
  })
  const { signal } = new AbortController()
  try {
    const options = { fragment, password: null, name: outside.statedName, onFetching: () => {}, signal }
    const found = await openWithKey(tab, infoHash, options)
    if (found === 'needs-password') throw new AppError('password_wrong', 'open the page of the share first')
    return found.metainfo
  } catch (reason) {
    // The file that everybody has can be repaired by everybody.
    if (toAppError(reason).code === 'key_missing') return outside
    throw reason
  }
}

/** What is behind the `#` of a link; empty where there is nothing. */
export const fragmentOf = (text: string): string => /#([\w-]+)/.exec(text)?.[1] ?? ''

/**
 * The info hash in `text`, which is an address of a share in any form (see `parseSourceAddress`), or has one in it, as saved
 * links have. Errors: `link_invalid`, `magnet_invalid`.
 */
export function infoHashIn(text: string): InfoHash {
  const address = parseSourceAddress(text)
  if (address.kind === 'share') return address.infoHash
  const magnet = /magnet:\?[^\s"<>]+/i.exec(text)?.[0]
  if (magnet) return parseMagnet(magnet.replaceAll('&amp;', '&')).infoHash
  const digits = /(?:^|[^0-9a-z])([0-9a-f]{40})(?![0-9a-z])/i.exec(text)?.[1]
  const infoHash = digits === undefined ? null : parseInfoHash(digits)
  if (infoHash === null) throw new AppError('link_invalid')
  return infoHash
}
