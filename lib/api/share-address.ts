import { parseSourceAddress } from './source-address.ts'

/**
 * The page of the share that `text` names (a link, magnet link or info hash), with what follows `#` in a link; magnet links and
 * info hashes are looked up at `origin`. Null when it names none.
 */
export function shareAddress(text: string, origin: string): URL | null {
  let address: ReturnType<typeof parseSourceAddress>
  try {
    address = parseSourceAddress(text)
  } catch {
    return null
  }
  if (address.kind === 'magnet') return new URL(`/d/${address.magnet.infoHash}`, origin)
  if (address.kind !== 'share') return null
  const page = new URL(`/d/${address.infoHash}`, address.origin ?? origin)
  page.hash = /#\S*$/.exec(text.trim())?.[0] ?? ''
  return page
}
