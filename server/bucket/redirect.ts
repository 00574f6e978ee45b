import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import type { Reply } from '../http/reply.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import type { PackedMetainfo } from '../shares/metainfo/packed-metainfo.ts'
import type { ShareStore } from '../shares/share-store.ts'
import { fileAt } from '../web-seeds/file-paths.ts'
import type { OwnFile } from '../web-seeds/files-elsewhere.ts'
import { headFor } from '../web-seeds/head.ts'
import type { HostedShares } from '../web-seeds/hosted-shares.ts'
import type { Bucket } from './bucket.ts'

/** Shares whose files are in the bucket alone, and were asked for last. */
const KNOWN_MAX = 16

interface RedirectOptions {
  readonly bucket: Bucket
  readonly hosted: HostedShares
  readonly shares: Pick<ShareStore, 'findTorrent'>
  readonly metainfo: MetainfoReader
}

/** Sends readers of `/w/` to the bucket. */
export class BucketRedirect {
  readonly #options: RedirectOptions
  readonly #known = new Map<InfoHash, PackedMetainfo>()

  constructor(options: RedirectOptions) {
    this.#options = options
  }

  /**
   * Answers `GET` or `HEAD /w/<infohash>/<path>` with 307, or an empty file with itself; null where this server's own file is the answer:
   * the bucket has not all of the share, or is away; with `damaged` it is the last to be asked, away or not. `path` is still
   * percent-encoded. Errors: `file_not_found`.
   */
  async answer(
    hash: string,
    path: string,
    request: Pick<IncomingMessage, 'method' | 'headers'>,
    ownFile: OwnFile = 'good',
  ): Promise<Reply | null> {
    const { bucket, hosted } = this.#options
    const infoHash = parseInfoHash(hash)
    if (infoHash === null || !bucket.has(infoHash)) return null
    const found = ownFile === 'good' ? hosted.find(infoHash) : null
    const own = found?.complete ? found : null
    if (own && bucket.isAway) return null
    const metainfo = own?.metainfo ?? (await this.#metainfo(infoHash))
    if (!metainfo) return null
    const file = fileAt(metainfo, path)
    if (!file) throw new AppError('file_not_found')
    const { index, length, name, padding } = file
    if (padding) return null
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    if (length === 0) {
      const { headers, status } = headFor(
        { infoHash, index, length, name, modified: null },
        method,
        request.headers,
      )
      return { status, headers }
    }
    own?.touched(0)
    const location = await bucket.linkTo(infoHash, index, method)
    // It may have been taken down meanwhile. The link is valid for minutes: no cache hands it out later.
    return bucket.has(infoHash) ? { status: 307, headers: { location, 'cache-control': 'no-store' } } : null
  }

  /** Where a file is fetched from the bucket; null: it is not there. `path` is still percent-encoded. */
  async linkTo(infoHash: InfoHash, path: string): Promise<string | null> {
    const { bucket } = this.#options
    const metainfo = bucket.has(infoHash) ? await this.#metainfo(infoHash) : null
    const file = metainfo && fileAt(metainfo, path)
    if (!file || file.padding || file.length === 0) return null
    const link = await bucket.linkTo(infoHash, file.index, 'GET')
    return bucket.has(infoHash) ? link : null
  }

  async #metainfo(infoHash: InfoHash): Promise<PackedMetainfo | null> {
    const known = this.#known.get(infoHash)
    if (known) return known
    const { metainfo, shares } = this.#options
    const parts = await shares.findTorrent(infoHash)
    if (!parts) return null
    const packed = await metainfo.packed({ infoBytes: parts.infoBytes })
    const [oldest] = this.#known.keys()
    if (this.#known.size >= KNOWN_MAX && oldest) this.#known.delete(oldest)
    this.#known.set(infoHash, packed)
    return packed
  }
}
