import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../lib/errors.ts'
import type { CreatedShare, CreateShare, Share, UpdateShare } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { formatMagnet } from '../../lib/torrent/magnet.ts'
import { encodeTorrent, type Metainfo, parseMetainfo } from '../../lib/torrent/metainfo.ts'
import type { Content, ShareRecord, ShareStore, TorrentParts } from './share-store.ts'

/** Told which shares exist, so that it tracks those and no others. */
interface Admission {
  admit(infoHash: InfoHash): void
  drop(infoHash: InfoHash): void
}

/** A `.torrent` and the name to save it under. */
interface TorrentFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * The register of published shares. `origin` is where the asking client found us (`https://host`): links and trackers
 * are made for it at each request, so that a moved or renamed server needs no migration.
 */
export class Shares {
  readonly #store: ShareStore
  readonly #admission: Admission

  private constructor(store: ShareStore, admission: Admission) {
    this.#store = store
    this.#admission = admission
  }

  /** Open the register and have every share of it tracked. */
  static async open(store: ShareStore, admission: Admission): Promise<Shares> {
    for (const infoHash of await store.listInfoHashes()) admission.admit(infoHash)
    return new Shares(store, admission)
  }

  /**
   * Publish the content a `.torrent` describes. A share that stands already is returned unchanged and without a key.
   * Errors: those of `parseMetainfo`.
   */
  async publish(
    torrent: Uint8Array,
    words: Omit<CreateShare, 'metainfo'>,
    origin: string,
  ): Promise<CreatedShare> {
    const metainfo = await parseMetainfo(torrent)
    // What we could not hand out again with our trackers in it is too large.
    encodeTorrent({ ...metainfo, announceList: announceList(origin) })
    const ownerKey = randomBytes(32).toString('base64url')
    const added = await this.#store.add({
      infoHash: metainfo.infoHash,
      infoBytes: metainfo.infoBytes,
      content: contentOf(metainfo),
      comment: metainfo.comment,
      title: words.title ?? '',
      description: words.description ?? '',
      ownerKeyHash: sha256(ownerKey),
      createdAt: new Date(),
    })
    if (added) this.#admission.admit(metainfo.infoHash)
    const share = await this.get(metainfo.infoHash, origin)
    return added ? { share, ownerKey } : { share }
  }

  async find(infoHash: InfoHash, origin: string): Promise<Share | undefined> {
    const record = await this.#store.find(infoHash)
    return record && shareOf(record, origin)
  }

  /** Errors: `share_not_found`. */
  async get(infoHash: InfoHash, origin: string): Promise<Share> {
    const share = await this.find(infoHash, origin)
    if (share === undefined) throw new AppError('share_not_found')
    return share
  }

  /** The `.torrent` with our trackers in it (BEP 12), WebSocket first. Errors: `share_not_found`. */
  async torrent(infoHash: InfoHash, origin: string): Promise<TorrentFile> {
    const [record, parts]: [ShareRecord | undefined, TorrentParts | undefined] = await Promise.all([
      this.#store.find(infoHash),
      this.#store.findTorrent(infoHash),
    ])
    if (record === undefined || parts === undefined) throw new AppError('share_not_found')
    const bytes = encodeTorrent({ ...parts, announceList: announceList(origin) })
    return { name: `${record.content.name}.torrent`, bytes }
  }

  /** Errors: `share_not_found`, `owner_key_missing`, `owner_key_wrong`. */
  async update(
    infoHash: InfoHash,
    words: UpdateShare,
    ownerKey: string | undefined,
    origin: string,
  ): Promise<Share> {
    await this.#requireOwner(infoHash, ownerKey)
    const record = await this.#store.update(infoHash, words, new Date())
    if (record === undefined) throw new AppError('share_not_found')
    return shareOf(record, origin)
  }

  /** Forget the share and stop tracking it. Errors: `share_not_found`, `owner_key_missing`, `owner_key_wrong`. */
  async remove(infoHash: InfoHash, ownerKey: string | undefined): Promise<void> {
    await this.#requireOwner(infoHash, ownerKey)
    // In this order a publisher of the same content, who comes in between, is admitted last.
    this.#admission.drop(infoHash)
    await this.#store.remove(infoHash)
  }

  async #requireOwner(infoHash: InfoHash, ownerKey: string | undefined): Promise<void> {
    const hash = await this.#store.findOwnerKeyHash(infoHash)
    if (hash === undefined) throw new AppError('share_not_found')
    if (ownerKey === undefined) throw new AppError('owner_key_missing')
    if (!timingSafeEqual(hash, sha256(ownerKey))) throw new AppError('owner_key_wrong')
  }
}

function shareOf(record: ShareRecord, origin: string): Share {
  const { infoHash, content, title, description } = record
  const torrent = `${origin}/t/${infoHash}.torrent`
  return {
    infoHash,
    ...content,
    title,
    description,
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    links: {
      page: `${origin}/d/${infoHash}`,
      torrent,
      magnet: formatMagnet({
        infoHash,
        name: content.name,
        trackers: announceList(origin).flat(),
        source: torrent,
        length: content.length,
      }),
    },
  }
}

function contentOf(metainfo: Metainfo): Content {
  return {
    name: metainfo.name,
    length: metainfo.length,
    pieceLength: metainfo.pieceLength,
    pieceCount: metainfo.pieceCount,
    private: metainfo.private,
    singleFile: metainfo.singleFile,
    files: metainfo.files.map(({ path, length, padding }) => ({ path: path.join('/'), length, padding })),
  }
}

/** Browsers announce over WebSocket, classic clients over HTTP; each takes the first tier it understands. */
function announceList(origin: string): string[][] {
  return [[`${origin.replace(/^http/, 'ws')}/announce`], [`${origin}/announce`]]
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
