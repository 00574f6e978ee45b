import { createShare, preloadApi, updateShare } from '../api/client.ts'
import type { Sent } from '../api/upload.ts'
import { whenReachable } from '../api/when-reachable.ts'
import { AppError, toAppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { runPublication } from '../browser/publications/run-publication.ts'
import { forgetOwnedShare, getOwnedShare, rememberOwnedShare } from '../browser/records/owned-shares.ts'
import {
  type SavedPublication,
  type SavedSeal,
  savedFiles,
  saveRecord,
} from '../browser/records/saved-records.ts'
import { opened } from '../browser/sealed/seals.ts'
import { NO_LIMITS } from '../engine/view/snapshot.ts'
import { checkpointKey, HashCheckpoint } from '../hashing/checkpoint.ts'
import { preloadHashWorker } from '../hashing/hash-spans.ts'
import { requireCapabilities } from '../network/network.ts'
import type { Share, UpdateShare } from '../protocol/share.ts'
import { encodeInfo, encodeTorrent } from '../torrent/encode-torrent.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { parseMetainfo } from '../torrent/metainfo.ts'
import { choosePieceLength } from '../torrent/piece-length.ts'
import { type HashHooks, hashPlan } from './hash-plan.ts'
import { hashSealed } from './hash-sealed.ts'
import type { SharePlan } from './plan.ts'
import { noProgress, type PublishProgress } from './progress.ts'
import { randomKey } from './random-key.ts'

export interface PublishInput {
  readonly plan: SharePlan
  readonly title?: string
  /** The title of a new share that is given none; one that stands keeps its own. It has a file's name: not for encrypted shares. */
  readonly usualTitle?: string
  readonly description?: string
  /** BEP 27: only our tracker may hand out peers. Part of the info hash. */
  readonly private?: boolean
  /** Give it a link of its own, whoever has published the same files before: its `source` is random. */
  readonly ownLink?: boolean
  /** Whether the server's status page lists it. Default: false. */
  readonly listed?: boolean
  /** Seconds after which it ends; null: never. Default: as the operator chose. */
  readonly expiresIn?: number | null
  /** After how many downloads it ends; null: after none. */
  readonly downloadsMax?: number | null
  /**
   * Given: the share is encrypted under a new key, with title and description inside, and the link has the key. Not empty:
   * who has the link needs it too. There is no comment, `private`, `ownLink` or `listed` then.
   */
  readonly password?: string | undefined
  /** What it is published with instead of the token of this browser. */
  readonly token?: string | undefined
  /** Goes into the `.torrent`, outside the info hash. */
  readonly comment?: string
}

/** What was published: the path of its page, and of an encrypted share its key, which is in the path too. */
export interface Published {
  readonly path: string
  readonly infoHash: InfoHash
  readonly key: string | null
  readonly title: string
}

export type PublishHooks = Pick<HashHooks, 'signal' | 'onProgress'>

/** Load what publishing needs while the person still reviews the list of files: the server may be away later. */
export function prepareToPublish({ engine }: BrowserTab): void {
  void engine.load()
  preloadHashWorker()
  preloadApi()
}

/**
 * Hash the files, register the share with the server, save its owner key and record, and seed from this tab. Hashing goes on
 * where an interrupted attempt ended. Resolves to the path of its page, with the key. While the
 * server is away it is tried again until `signal` aborts. Nothing is registered unless every byte was hashed.
 * Errors: `cancelled`, `insecure_context`, `webrtc_missing`, `file_unreadable` (detail: the file), and those of `POST /api/shares`.
 */
export async function publishFiles(
  tab: BrowserTab,
  input: PublishInput,
  { signal, onProgress }: PublishHooks,
): Promise<Published> {
  requireCapabilities()
  const { plan } = input
  let latest = noProgress(plan.length)
  const report = (change: Partial<PublishProgress>) => {
    latest = { ...latest, ...change }
    onProgress(latest)
  }
  const hashHooks = {
    signal,
    onProgress: report,
    onAway: (isServerAway: boolean) => report({ isServerAway }),
  }
  const hashed =
    input.password === undefined ? await hashOpen(input, hashHooks) : await hashPrivate(input, hashHooks)
  try {
    return await publishHashed(tab, input, hashed, { signal, report })
  } finally {
    hashed.end()
  }
}

interface PublishingHooks {
  readonly signal: AbortSignal
  readonly report: (change: Partial<PublishProgress>) => void
}

async function publishHashed(
  tab: BrowserTab,
  input: PublishInput,
  { begin, forget, infoBytes, onAway, refused, seal }: Hashed,
  { signal, report }: PublishingHooks,
): Promise<Published> {
  const { plan } = input
  const torrent = encodeTorrent({ infoBytes, announceList: [], comment: seal ? '' : (input.comment ?? '') })
  const metainfo = await opened(await parseMetainfo(torrent), seal)

  const words = {
    ...(input.title && !seal ? { title: input.title } : {}),
    ...(input.description && !seal ? { description: input.description } : {}),
    ...(input.listed === undefined || seal ? {} : { listed: input.listed }),
    ...(input.expiresIn === undefined ? {} : { expiresIn: input.expiresIn }),
    ...(input.downloadsMax === undefined ? {} : { downloadsMax: input.downloadsMax }),
  }
  const prepare = async () => {
    if (!(await tab.engine.load())) throw new AppError('server_unreachable', 'the code that seeds')
    return tab.network.forPublication()
  }
  const network = await whenReachable(prepare, { signal, onAway })
  // Drawn here, so that nothing is lost when the answer is.
  const body = {
    metainfo: await toBase64(torrent),
    ownerKey: randomKey(),
    // It has a file's name, which the server must not learn of an encrypted share.
    ...(input.usualTitle && !seal && { title: input.usualTitle }),
    ...words,
    ...(seal && { encrypted: true }),
  }
  const onSent = ({ done, total }: Sent) => report({ sent: done / total })
  const token = input.token ?? tab.publishToken.read()?.token
  let attempts = 0
  const create = () => {
    attempts += 1
    return createShare(body, { signal, onSent, token })
  }
  await begin()
  const { share, ownerKey } = await whenReachable(create, { signal, onAway }).catch(async reason => {
    // An answer that was lost may have been a yes.
    if (attempts === 1 && isRefusal(toAppError(reason))) await refused()
    throw reason
  })
  const title = seal ? metainfo.sealed?.title || metainfo.name : share.title || share.name
  const titled = { ...share, title: seal ? title : share.title }
  const owner = await rememberOwner(titled, metainfo.infoHash, ownerKey, words)
  if (owner === 'known') tab.publishedAgain.add(metainfo.infoHash)
  await forget()
  const record = { ...publicationOf(share, metainfo.infoHash, torrent, plan), title, seal }
  if (seal) tab.seals.keep({ metainfo, seal })
  if (input.password) tab.seals.passwords.set(metainfo.infoHash, input.password)
  // Without storage (private windows) it works all the same until a reload.
  const isRecorded = await saveRecord(record).then(
    () => true,
    () => false,
  )
  const files = plan.files.map(({ file }) => file)
  await runPublication(tab, { metainfo, files, network, record, isRecorded })
  const path = `/d/${metainfo.infoHash}${seal ? `#${seal.fragment}` : ''}`
  return { path, infoHash: metainfo.infoHash, key: seal?.fragment ?? null, title }
}

/** The server has answered that it does not publish this. */
const isRefusal = ({ code, status }: AppError): boolean => status < 500 && code !== 'cancelled'

/** What is published: its info dictionary, and for an encrypted share what opens it. */
interface Hashed {
  readonly infoBytes: Uint8Array<ArrayBuffer>
  readonly seal?: SavedSeal
  readonly onAway: (isAway: boolean) => void
  /** The server is about to learn of it. */
  readonly begin: () => Promise<void>
  /** It is certain that it did not publish it. */
  readonly refused: () => Promise<void>
  /** It is published: nothing has to be continued any more. */
  readonly forget: () => Promise<void>
  /** Whatever came of it. */
  readonly end: () => void
}

/** Open files may be hashed on whatever came of an attempt. */
const NOTHING = { begin: async () => {}, refused: async () => {}, forget: async () => {}, end: () => {} }

async function hashOpen(input: PublishInput, hooks: HashHooks): Promise<Hashed> {
  const { plan } = input
  const pieceLength = choosePieceLength(
    plan.length,
    plan.files.map(({ path }) => path.join('/')),
  )
  const checkpoint = new HashCheckpoint(await checkpointKey({ pieceLength, files: plan.files }), pieceLength)
  const onAway = (isAway: boolean) => {
    if (isAway) void checkpoint.save()
    hooks.onAway(isAway)
  }
  const pieces = await hashPlan(plan, pieceLength, checkpoint, { ...hooks, onAway })
  const infoBytes = encodeInfo({
    name: plan.name,
    pieceLength,
    pieces,
    private: input.private ?? false,
    ...(input.ownLink && { source: randomKey() }),
    ...(plan.singleFile
      ? { length: plan.length }
      : { files: plan.files.map(({ path, file }) => ({ path, length: file.size })) }),
  })
  return { ...NOTHING, infoBytes, onAway, forget: () => checkpoint.forget() }
}

async function hashPrivate({ plan, ...words }: PublishInput, hooks: HashHooks): Promise<Hashed> {
  const { description = '', password = '', usualTitle = '', title = '' } = words
  const sealed = { description, password, title: title || usualTitle }
  const hashed = await hashSealed(plan, sealed, hooks)
  return { ...NOTHING, ...hashed }
}

/**
 * Save the owner key of a new share; update title, description and listing of a share that this browser published before.
 * Without storage (private windows) the share works all the same, but cannot be changed after a reload. Returns whose share it is:
 * new, this browser's from before, or somebody else's.
 */
async function rememberOwner(
  { title, createdAt }: Share,
  infoHash: InfoHash,
  ownerKey: string | undefined,
  words: UpdateShare,
): Promise<'new' | 'known' | 'others'> {
  if (ownerKey !== undefined) {
    await rememberOwnedShare({ infoHash, title, ownerKey, publishedAt: createdAt }).catch(() => undefined)
    return 'new'
  }
  const owned = await getOwnedShare(infoHash).catch(() => undefined)
  if (!owned) return 'others'
  if (Object.keys(words).length === 0) return 'known'
  try {
    await updateShare(infoHash, owned.ownerKey, words)
  } catch (reason) {
    // The share matters more than its texts: it is published even if the old key is no longer valid. Its page says so then.
    if (toAppError(reason).code === 'owner_key_wrong') {
      await forgetOwnedShare(infoHash)
      return 'others'
    }
  }
  return 'known'
}

/** The saved record, with which the share goes on after a reload. */
const publicationOf = (
  { createdAt }: Share,
  infoHash: InfoHash,
  torrent: Uint8Array<ArrayBuffer>,
  { files }: SharePlan,
): Omit<SavedPublication, 'title'> => ({
  role: 'publisher',
  infoHash,
  torrent,
  addedAt: createdAt,
  paused: false,
  limits: NO_LIMITS,
  ...savedFiles(files),
})

/** `Uint8Array.toBase64` is missing in browsers that people still use. */
async function toBase64(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^.*,/, ''))
    reader.onerror = () => reject(new AppError('internal', '', { cause: reader.error }))
    reader.readAsDataURL(new Blob([bytes]))
  })
}
