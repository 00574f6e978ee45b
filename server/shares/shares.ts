import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../lib/base/errors.ts'
import {
  type CreatedShare,
  type CreateShare,
  type Share,
  type UpdateShare,
  WEB_SEED_URL_MAX,
  WEB_SEEDS_MAX,
} from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { formatMagnet } from '../../lib/torrent/magnet.ts'
import { encodeTorrent, type Metainfo, parseMetainfo } from '../../lib/torrent/metainfo.ts'
import type { Content, ShareRecord, ShareStore, TorrentParts } from './share-store.ts'

/** As many as a share can have, and ours, each as long as it can be. */
const LONGEST_WEB_SEEDS = Array<string>(WEB_SEEDS_MAX + 1).fill('x'.repeat(WEB_SEED_URL_MAX))

/** Told which shares exist, so that it tracks those and no others. */
interface Admission {
  admit(infoHash: InfoHash): void
  /** Name an admitted share to nobody who does not name it first. */
  hide(infoHash: InfoHash): void
  /** Name it to everybody again. */
  show(infoHash: InfoHash): void
  drop(infoHash: InfoHash): void
  /** Turn the peers of `infoHash` away whether or not it is a share. */
  deny(infoHash: InfoHash): void
  allow(infoHash: InfoHash): void
}

/** Where the files of a share can be had over HTTP (BEP 19), best first. */
interface WebSeedUrls {
  urls(infoHash: InfoHash, origin: string): Promise<readonly string[]>
}

interface SharesOptions {
  readonly store: ShareStore
  readonly admission: Admission
  readonly webSeeds: WebSeedUrls
  /** Opens every share. */
  readonly operatorKey: string | undefined
  /** Where the tracker is reached over UDP, if it is. */
  readonly udpPort: number | undefined
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
  readonly #webSeeds: WebSeedUrls
  readonly #operatorKeyHash: Uint8Array | null
  readonly #blocked: Set<InfoHash>
  readonly #udpPort: number | undefined

  private constructor(options: SharesOptions, blocked: readonly InfoHash[]) {
    this.#store = options.store
    this.#admission = options.admission
    this.#webSeeds = options.webSeeds
    this.#operatorKeyHash = options.operatorKey === undefined ? null : sha256(options.operatorKey)
    this.#blocked = new Set(blocked)
    this.#udpPort = options.udpPort
  }

  /** Open the register and have every share of it tracked. */
  static async open(options: SharesOptions): Promise<Shares> {
    const { admission, store } = options
    for (const infoHash of await store.listInfoHashes()) admission.admit(infoHash)
    for (const infoHash of await store.listUnlisted()) admission.hide(infoHash)
    const blocked = await store.listBlocked()
    for (const infoHash of blocked) admission.deny(infoHash)
    return new Shares(options, blocked)
  }

  /**
   * Publish the content a `.torrent` describes. A share that stands already is returned unchanged and without a key.
   * Errors: those of `parseMetainfo`, `share_blocked`.
   */
  async publish(
    torrent: Uint8Array,
    words: Omit<CreateShare, 'metainfo'>,
    origin: string,
  ): Promise<CreatedShare> {
    const metainfo = await parseMetainfo(torrent)
    this.#refuseBlocked(metainfo.infoHash)
    // What we could not hand out again with our trackers and every web seed in it is too large.
    encodeTorrent({ ...metainfo, announceList: this.#announceList(origin), webSeeds: LONGEST_WEB_SEEDS })
    const ownerKey = randomBytes(32).toString('base64url')
    const listed = !metainfo.private && (words.listed ?? true)
    const added = await this.#store.add({
      infoHash: metainfo.infoHash,
      infoBytes: metainfo.infoBytes,
      content: contentOf(metainfo),
      comment: metainfo.comment,
      title: words.title ?? '',
      description: words.description ?? '',
      listed,
      ownerKeyHash: sha256(ownerKey),
      createdAt: new Date(),
    })
    if (added) this.#admission.admit(metainfo.infoHash)
    if (added && !listed) this.#admission.hide(metainfo.infoHash)
    const share = await this.get(metainfo.infoHash, origin)
    return added ? { share, ownerKey } : { share }
  }

  async find(infoHash: InfoHash, origin: string): Promise<Share | undefined> {
    const record = await this.#store.find(infoHash)
    return record && this.#shareOf(record, origin)
  }

  /** Errors: `share_not_found`, `share_blocked`. */
  async get(infoHash: InfoHash, origin: string): Promise<Share> {
    this.#refuseBlocked(infoHash)
    const share = await this.find(infoHash, origin)
    if (share === undefined) throw new AppError('share_not_found')
    return share
  }

  /** The `.torrent` with our trackers (BEP 12), WebSocket first, and web seeds (BEP 19) in it. Errors: `share_not_found`. */
  async torrent(infoHash: InfoHash, origin: string): Promise<TorrentFile> {
    const [record, parts, webSeeds]: [ShareRecord | undefined, TorrentParts | undefined, readonly string[]] =
      await Promise.all([
        this.#store.find(infoHash),
        this.#store.findTorrent(infoHash),
        this.#webSeeds.urls(infoHash, origin),
      ])
    if (record === undefined || parts === undefined) throw new AppError('share_not_found')
    const bytes = encodeTorrent({ ...parts, announceList: this.#announceList(origin), webSeeds })
    return { name: `${record.content.name}.torrent`, bytes }
  }

  /**
   * Change what may change; a private share stays off the lists whatever is asked for.
   * Errors: `share_not_found`, `owner_key_missing`, `owner_key_wrong`.
   */
  async update(
    infoHash: InfoHash,
    change: UpdateShare,
    ownerKey: string | undefined,
    origin: string,
  ): Promise<Share> {
    await this.requireOwner(infoHash, ownerKey)
    const before = await this.#store.find(infoHash)
    const listed = change.listed && before?.content.private === true ? false : change.listed
    const record = await this.#store.update(infoHash, { ...change, listed }, new Date())
    if (record === undefined) throw new AppError('share_not_found')
    if (record.listed) this.#admission.show(infoHash)
    else this.#admission.hide(infoHash)
    return this.#shareOf(record, origin)
  }

  /** Forget the share and stop tracking it. Errors: `share_not_found`, `owner_key_missing`, `owner_key_wrong`. */
  async remove(infoHash: InfoHash, ownerKey: string | undefined): Promise<void> {
    await this.requireOwner(infoHash, ownerKey)
    await this.removeOwn(infoHash)
  }

  /** Forget a share that this server published by itself. */
  async removeOwn(infoHash: InfoHash): Promise<void> {
    // In this order a publisher of the same content, who comes in between, is admitted last.
    this.#admission.drop(infoHash)
    await this.#store.remove(infoHash)
  }

  /** Forget a share, if there is one, and refuse it from now on. Errors: `owner_key_missing`, `operator_only`. */
  async block(infoHash: InfoHash, key: string | undefined): Promise<void> {
    this.#requireOperator(key)
    await this.#store.block(infoHash, new Date())
    this.#blocked.add(infoHash)
    this.#admission.deny(infoHash)
    await this.removeOwn(infoHash)
  }

  /** The share may be published again. Errors: `owner_key_missing`, `operator_only`. */
  async unblock(infoHash: InfoHash, key: string | undefined): Promise<void> {
    this.#requireOperator(key)
    await this.#store.unblock(infoHash)
    this.#blocked.delete(infoHash)
    this.#admission.allow(infoHash)
  }

  /** The operator's key does too. Errors: `share_not_found`, `owner_key_missing`, `owner_key_wrong`. */
  async requireOwner(infoHash: InfoHash, ownerKey: string | undefined): Promise<void> {
    const hash = await this.#store.findOwnerKeyHash(infoHash)
    if (hash === undefined) throw new AppError('share_not_found')
    if (ownerKey === undefined) throw new AppError('owner_key_missing')
    if (this.isOperator(ownerKey)) return
    if (!timingSafeEqual(hash, sha256(ownerKey))) throw new AppError('owner_key_wrong')
  }

  isOperator(key: string | undefined): boolean {
    const hash = this.#operatorKeyHash
    return hash !== null && key !== undefined && timingSafeEqual(hash, sha256(key))
  }

  #requireOperator(key: string | undefined): void {
    if (key === undefined) throw new AppError('owner_key_missing')
    if (!this.isOperator(key)) throw new AppError('operator_only')
  }

  #refuseBlocked(infoHash: InfoHash): void {
    if (this.#blocked.has(infoHash)) throw new AppError('share_blocked')
  }

  /** Browsers announce over WebSocket, classic clients over HTTP or UDP; each takes the first tier it understands. */
  #announceList(origin: string): string[][] {
    const list = [[`${origin.replace(/^http/, 'ws')}/announce`], [`${origin}/announce`]]
    if (this.#udpPort !== undefined)
      list.push([`udp://${new URL(origin).hostname}:${this.#udpPort}/announce`])
    return list
  }

  async #shareOf(record: ShareRecord, origin: string): Promise<Share> {
    const webSeeds = await this.#webSeeds.urls(record.infoHash, origin)
    return shareOf(record, origin, { trackers: this.#announceList(origin).flat(), webSeeds })
  }
}

/** Where the peers and the bytes of a share are found, as its magnet names them. */
interface Sources {
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
}

function shareOf(record: ShareRecord, origin: string, { trackers, webSeeds }: Sources): Share {
  const { infoHash, content, title, description, listed } = record
  const torrent = `${origin}/t/${infoHash}.torrent`
  return {
    infoHash,
    ...content,
    title,
    description,
    listed,
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    webSeeds: [...webSeeds],
    links: {
      page: `${origin}/d/${infoHash}`,
      torrent,
      magnet: formatMagnet({
        infoHash,
        name: content.name,
        trackers,
        source: torrent,
        length: content.length,
        webSeeds,
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

const sha256 = (text: string) => createHash('sha256').update(text).digest()
