import { fetchRange, WebSeedError } from '../engine/web-seeds/web-seed-source.ts'
import type { Share } from '../protocol/share.ts'
import { webSeedFileUrl } from '../torrent/web-seed.ts'

/**
 * Whether this browser can read from a web seed of a share. The server, which compares its bytes, cannot tell: only
 * browsers require CORS headers, and https on an https page.
 */
export async function browsersGetFrom(url: string, share: Share, signal: AbortSignal): Promise<boolean> {
  const index = share.files.findIndex(({ length, padding }) => length > 0 && !padding)
  const file = share.files[index]
  if (!file) return true
  try {
    const at = webSeedFileUrl(url, share, file.path.split('/'))
    const firstByte = { file: index, fileLength: file.length, from: 0, length: 1, start: 0 }
    await fetchRange({ url: at, ...firstByte }, { signal, onBytes: () => {} })
    return true
  } catch (reason) {
    if (reason instanceof WebSeedError) return false
    throw reason
  }
}
