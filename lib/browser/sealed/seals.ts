import { AppError } from '../../base/errors.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { SavedRecord, SavedSeal } from '../records/saved-records.ts'

/** What opens the encrypted shares whose pages this tab has shown; it ends with the tab. */
export class Seals {
  readonly #seals = new Map<InfoHash, SavedSeal>()
  /** Of shares that this tab has just published: nothing else keeps them. */
  readonly passwords = new Map<InfoHash, string>()

  get(infoHash: InfoHash): SavedSeal | undefined {
    return this.#seals.get(infoHash)
  }

  set(infoHash: InfoHash, seal: SavedSeal): void {
    this.#seals.set(infoHash, seal)
  }

  /** The share as those see it who have its key, if this tab does; otherwise as it is. Errors: as of `opened`. */
  open(metainfo: Metainfo): Promise<Metainfo> {
    return opened(metainfo, this.get(metainfo.infoHash))
  }
}

/** `metainfo` as `seal` opens it; as it is without one. Errors: `key_wrong`, `content_forged`, `insecure_context`, `server_unreachable`. */
export async function opened(metainfo: Metainfo, seal: SavedSeal | undefined): Promise<Metainfo> {
  if (!seal || metainfo.sealed) return metainfo
  const { openShare } = await import('../../encryption/opened-share.ts').catch(reason => {
    throw new AppError('server_unreachable', 'the code that decrypts', { cause: reason })
  })
  return openShare(metainfo, seal)
}

/** The metainfo in a saved record, opened. Errors: as of `opened`, and those of `parseMetainfo`. */
export async function metainfoOf({ seal, torrent }: SavedRecord): Promise<Metainfo> {
  const { parseMetainfo } = await import('../../torrent/metainfo.ts')
  return opened(await parseMetainfo(torrent), seal)
}
