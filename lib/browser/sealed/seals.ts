import { AppError } from '../../base/errors.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { SavedRecord, SavedSeal } from '../records/saved-records.ts'

/** A share that is open, and what opened it. */
export interface OpenedShare {
  readonly metainfo: Metainfo
  readonly seal: SavedSeal
}

/** The encrypted shares that this tab has opened or published, and what opens them; it ends with the tab. */
export class Seals {
  readonly #shares = new Map<InfoHash, OpenedShare>()
  /** Of shares that this tab has just published: nothing else keeps them. */
  readonly passwords = new Map<InfoHash, string>()

  get(infoHash: InfoHash): SavedSeal | undefined {
    return this.#shares.get(infoHash)?.seal
  }

  /** The share itself, for its page: it need not be opened again. */
  share(infoHash: InfoHash): OpenedShare | undefined {
    return this.#shares.get(infoHash)
  }

  keep(share: OpenedShare): void {
    this.#shares.set(share.metainfo.infoHash, share)
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
