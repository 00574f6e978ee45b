import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../lib/base/errors.ts'
import { isEncryptedName } from '../../lib/encryption/outer-name.ts'
import type { PageShare, Share, UpdateShare } from '../../lib/protocol/share.ts'
import { WEB_SEED_URL_MAX, WEB_SEEDS_MAX } from '../../lib/protocol/share-values.ts'
import { aroundInfo, checkTorrentSize } from '../../lib/torrent/encode-torrent.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Operators } from '../http/operators.ts'
import { utf8InTurns } from '../http/turns.ts'
import { filesIn, NO_FILES } from './content-json.ts'
import type { EndedShares } from './expiry/ended-shares.ts'
import { type Ends, type ExpiryTerms, expiresAtOf } from './expiry/ends.ts'
import type { MetainfoReader } from './metainfo/metainfo-reader.ts'
import type { Admission } from './publishing/admission.ts'
import { isListed, type ListingPolicy } from './publishing/listing.ts'
import {
  type NewContent,
  type Publication,
  type ReadPublication,
  refuseWords,
  type Words,
} from './publishing/new-content.ts'
import type { NewShare, ShareRecord, ShareStore, StoredContent, TorrentParts } from './share-store.ts'
import { announceListOf, shareOf } from './share-view.ts'
import type { Blocks } from './takedown/blocks.ts'

/** The most and longest web seeds that a share can have, plus this server's own. */
const LONGEST_WEB_SEEDS = Array<string>(WEB_SEEDS_MAX + 1).fill('x'.repeat(WEB_SEED_URL_MAX))

/** Where the files of a share are available over HTTP (BEP 19), best first. */
interface WebSeedUrls {
  urls(infoHash: InfoHash, origin: string): Promise<readonly string[]>
}

interface SharesOptions {
  readonly store: ShareStore
  readonly admission: Admission
  readonly webSeeds: WebSeedUrls
  /** Their keys are accepted as the owner key of every share. */
  readonly operators: Operators
  readonly blocks: Blocks
  /** Bytes that the database may take; beyond that, nothing more is published. */
  readonly budget: number
  /** UDP port of the tracker, if it has one. */
  readonly udpPort: number | undefined
  readonly listing: ListingPolicy
  readonly expiry: ExpiryTerms
  readonly ended: EndedShares
  readonly metainfo: MetainfoReader
}

/** What a share is besides its content; with it, one that was taken back returns as it was. */
export type ShareTraits = Pick<NewShare, 'title' | 'description' | 'listed' | 'ownerKeyHash' | 'createdAt'>

/** Who publishes a share, and until when. */
export interface ShareTerms extends Ends {
  readonly publisher: string | null
}

/** A `.torrent` and the name to save it under. */
interface TorrentFile {
  readonly name: string
  readonly infoBytes: Uint8Array
  /** The rest: what is before the info dictionary, and what is after it. */
  readonly before: Uint8Array
  readonly after: Uint8Array
  /** When the share was published. */
  readonly createdAt: Date
}

/**
 * The registry of published shares. `origin` is the address under which the client reached us (`https://host`): links and
 * trackers are made from it at each request, so that a moved or renamed server needs no migration.
 */
export class Shares {
  readonly #store: ShareStore
  readonly #admission: Admission
  readonly #webSeeds: WebSeedUrls
  readonly #operators: Operators
  readonly #blocks: Blocks
  readonly #budget: number
  readonly #udpPort: number | undefined
  readonly #listing: ListingPolicy
  readonly #expiry: ExpiryTerms
  readonly #ended: EndedShares
  readonly #metainfo: MetainfoReader

  private constructor(options: SharesOptions) {
    this.#store = options.store
    this.#admission = options.admission
    this.#webSeeds = options.webSeeds
    this.#operators = options.operators
    this.#blocks = options.blocks
    this.#budget = options.budget
    this.#udpPort = options.udpPort
    this.#listing = options.listing
    this.#expiry = options.expiry
    this.#ended = options.ended
    this.#metainfo = options.metainfo
  }

  /** Opens the registry; every share in it is tracked from now on. */
  static async open(options: SharesOptions): Promise<Shares> {
    const { admission, blocks, store } = options
    for (const infoHash of await store.listInfoHashes()) admission.admit(infoHash)
    for (const infoHash of await store.listUnlisted()) admission.hide(infoHash)
    for (const { infoHash } of blocks.list()) admission.deny(infoHash)
    for (const infoHash of options.ended.all()) {
      if ((await store.findOwnerKeyHash(infoHash)) === undefined) admission.end(infoHash)
    }
    return new Shares(options)
  }

  /** What is to be published, for `publish` and `restore`. Errors: those of `readPublication`. */
  read(publication: Publication): Promise<ReadPublication> {
    return this.#metainfo.publication(publication)
  }

  /**
   * Publish content for `publisher`, whom the policy has admitted. A share that exists already is left as it is; its key is returned only if it is the one that was sent.
   * Errors: `share_blocked`, `metainfo_too_large`.
   */
  async publish(
    content: NewContent,
    words: Words,
    origin: string,
    terms: ShareTerms,
  ): Promise<{ readonly infoHash: InfoHash; readonly ownerKey?: string }> {
    const { ownerKey = randomBytes(32).toString('base64url') } = words
    const { title = '', description = '' } = words
    const listed = isListed(this.#listing, words.listed, content)
    const traits = { title, description, listed, ownerKeyHash: sha256(ownerKey), createdAt: new Date() }
    const { infoHash } = content
    const added = await this.restore(content, traits, origin, terms)
    const owns = added || (await this.#isOwnerKey(infoHash, ownerKey))
    return owns ? { infoHash, ownerKey } : { infoHash }
  }

  /** Publish again what was taken back; false if it exists already, which stays as it is. Errors: as of `publish`. */
  async restore(
    content: NewContent,
    traits: ShareTraits,
    origin: string,
    terms: ShareTerms,
  ): Promise<boolean> {
    const { encrypted: _, infoHash, private: __, ...stored } = content
    this.#blocks.refuse(infoHash, content.contentDigest)
    // Throws if it is too large to be handed out with our trackers and the most web seeds.
    checkTorrentSize({
      ...stored,
      announceList: announceListOf(origin, this.#udpPort),
      webSeeds: LONGEST_WEB_SEEDS,
    })
    if ((await this.#store.size()) >= this.#budget && !(await this.isLive(infoHash))) {
      throw new AppError('server_full', 'this server takes no more shares')
    }
    const listed = isListed(this.#listing, traits.listed, content)
    const added = await this.#store.add({ ...stored, ...traits, ...terms, infoHash, listed })
    if (!added) await this.#blocks.lookAgain(infoHash, content.contentDigest)
    try {
      // It may have been blocked meanwhile.
      this.#blocks.refuse(infoHash, content.contentDigest)
    } catch (reason) {
      if (added) await this.removeOwn(infoHash)
      throw reason
    }
    if (added) {
      await this.#ended.remove(infoHash)
      this.#admission.admit(infoHash)
    }
    if (added && !listed) this.#admission.hide(infoHash)
    return added
  }

  /** The share without its files if there are more than `filesMax`, also if it is blocked. */
  async brief(infoHash: InfoHash, origin: string, filesMax = 0): Promise<PageShare | undefined> {
    const record = await this.#store.findBrief(infoHash, filesMax)
    return record && { ...(await this.#shareOf(record, origin)), fileCount: record.fileCount }
  }

  /** Whether it is published, and not blocked. */
  async isLive(infoHash: InfoHash): Promise<boolean> {
    return (
      this.#blocks.of(infoHash) === undefined && (await this.#store.findOwnerKeyHash(infoHash)) !== undefined
    )
  }

  /** The share without its files. Errors: `share_not_found`, `share_expired`, `share_blocked`. */
  async getBrief(infoHash: InfoHash, origin: string): Promise<PageShare> {
    this.#blocks.refuse(infoHash)
    const share = await this.brief(infoHash, origin)
    if (share === undefined) throw this.#ended.missing(infoHash)
    return share
  }

  /**
   * The share as JSON in UTF-8, part by part; with its content, where that is at hand, no long list is read.
   * Errors: `share_not_found`, `share_expired`, `share_blocked`.
   */
  async json(infoHash: InfoHash, origin: string, content?: StoredContent): Promise<readonly Uint8Array[]> {
    this.#blocks.refuse(infoHash)
    const found = await (content ? this.#store.findBrief(infoHash, -1) : this.#store.findText(infoHash))
    if (found === undefined) throw this.#ended.missing(infoHash)
    const record = 'record' in found ? found.record : found
    await nextTurn()
    const files = 'filesJson' in found ? found.filesJson : filesIn(await utf8InTurns(content?.json ?? ''))
    // As in the store, quotes in names are escaped: this is the member.
    const json = JSON.stringify(await this.#shareOf(record, origin))
    const at = json.indexOf(NO_FILES) + NO_FILES.length
    return [Buffer.from(json.slice(0, at - 2)), files, Buffer.from(json.slice(at))]
  }

  /** Errors: `share_not_found`, `share_expired`, `share_blocked`. */
  async get(infoHash: InfoHash, origin: string): Promise<Share> {
    this.#blocks.refuse(infoHash)
    const record = await this.#store.find(infoHash)
    if (record === undefined) throw this.#ended.missing(infoHash)
    return this.#shareOf(record, origin)
  }

  /** The `.torrent` with our trackers (BEP 12), WebSocket first, and web seeds (BEP 19) in it. Errors: `share_not_found`. */
  async torrent(infoHash: InfoHash, origin: string): Promise<TorrentFile> {
    const [record, parts, webSeeds]: [ShareRecord | undefined, TorrentParts | undefined, readonly string[]] =
      await Promise.all([
        this.#store.findBrief(infoHash, -1),
        this.#store.findTorrent(infoHash),
        this.#webSeeds.urls(infoHash, origin),
      ])
    if (record === undefined || parts === undefined) throw this.#ended.missing(infoHash)
    const { name } = record.content
    const { createdAt } = record
    const around = aroundInfo({ ...parts, announceList: announceListOf(origin, this.#udpPort), webSeeds })
    return { name: `${name}.torrent`, createdAt, ...around, infoBytes: parts.infoBytes }
  }

  /**
   * Change title, description or listing; a private share is never listed, and nothing is said of an encrypted one.
   * Errors: `encrypted_names`, `share_not_found`, `owner_key_missing`, `owner_key_wrong`.
   */
  async update(infoHash: InfoHash, change: UpdateShare, ownerKey: string | undefined): Promise<void> {
    await this.requireOwner(infoHash, ownerKey)
    const before = await this.#store.findBrief(infoHash, -1)
    const encrypted = before !== undefined && isEncryptedName(before.content.name)
    if (encrypted) refuseWords(change)
    const listed =
      before && change.listed !== undefined
        ? isListed(this.#listing, change.listed, { ...before.content, encrypted })
        : undefined
    const { expiresIn, ...rest } = change
    const now = new Date()
    const expiresAt = expiresIn === undefined ? undefined : expiresAtOf(this.#expiry, expiresIn, now)
    const record = await this.#store.update(infoHash, { ...rest, listed, expiresAt }, now)
    if (record === undefined) throw this.#ended.missing(infoHash)
    if (record.listed) this.#admission.show(infoHash)
    else this.#admission.hide(infoHash)
  }

  /** When a share ends that is published or changed with `words`. Errors: `expiry_too_long`. */
  endsOf({ downloadsMax = null, expiresIn }: Words, now = new Date()): Ends {
    return { downloadsMax, expiresAt: expiresAtOf(this.#expiry, expiresIn, now) }
  }

  /** A share ends by itself: from now on it is `share_expired`. One that is gone is passed over. */
  async end(infoHash: InfoHash, at: Date): Promise<void> {
    if ((await this.#store.findOwnerKeyHash(infoHash)) === undefined) return
    await this.#ended.add(infoHash, at)
    this.#admission.end(infoHash)
    await this.#store.remove(infoHash)
  }

  /** Delete the share and stop tracking it. Errors: `share_not_found`, `owner_key_missing`, `owner_key_wrong`. */
  async remove(infoHash: InfoHash, ownerKey: string | undefined): Promise<void> {
    await this.requireOwner(infoHash, ownerKey)
    await this.removeOwn(infoHash)
  }

  /** Delete a share that this server published itself. */
  async removeOwn(infoHash: InfoHash): Promise<void> {
    // In this order, if the same content is published in between, its admission comes last.
    this.#admission.drop(infoHash)
    await this.#store.remove(infoHash)
  }

  /** Errors: `share_blocked`. */
  refuseBlocked(infoHash: InfoHash): void {
    this.#blocks.refuse(infoHash)
  }

  /** Refuse the peers of a share that is blocked, and delete it. */
  async deny(infoHash: InfoHash): Promise<void> {
    this.#admission.deny(infoHash)
    await this.removeOwn(infoHash)
  }

  /** Undo `deny`: the share may be published again. */
  allow(infoHash: InfoHash): void {
    this.#admission.allow(infoHash)
  }

  /** The operator's key does too. Errors: `share_not_found`, `owner_key_missing`, `owner_key_wrong`. */
  async requireOwner(infoHash: InfoHash, ownerKey: string | undefined): Promise<void> {
    const hash = await this.#store.findOwnerKeyHash(infoHash)
    if (hash === undefined) throw this.#ended.missing(infoHash)
    if (ownerKey === undefined) throw new AppError('owner_key_missing')
    if (this.isOperator(ownerKey)) return
    if (!timingSafeEqual(hash, sha256(ownerKey))) throw new AppError('owner_key_wrong')
  }

  async #isOwnerKey(infoHash: InfoHash, key: string): Promise<boolean> {
    const hash = await this.#store.findOwnerKeyHash(infoHash)
    return hash !== undefined && timingSafeEqual(hash, sha256(key))
  }

  isOperator(key: string | undefined): boolean {
    return this.#operators.nameOf(key) !== null
  }

  async #shareOf(record: ShareRecord, origin: string): Promise<Share> {
    const webSeeds = await this.#webSeeds.urls(record.infoHash, origin)
    return shareOf(record, origin, { trackers: announceListOf(origin, this.#udpPort).flat(), webSeeds })
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
