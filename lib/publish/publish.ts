import { createShare, preloadApi, updateShare } from '../api/client.ts'
import type { Sent } from '../api/upload.ts'
import { whenReachable } from '../api/when-reachable.ts'
import { AppError, toAppError } from '../base/errors.ts'
import { RateMeter } from '../base/rate-meter.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { runPublication } from '../browser/publications/run-publication.ts'
import { forgetOwnedShare, getOwnedShare, rememberOwnedShare } from '../browser/records/owned-shares.ts'
import { type SavedPublication, savedSource, saveRecord } from '../browser/records/saved-records.ts'
import { NO_LIMITS } from '../engine/view/snapshot.ts'
import { checkpointKey, HashCheckpoint } from '../hashing/checkpoint.ts'
import { hashPieces } from '../hashing/hash-pieces.ts'
import { preloadHashWorker } from '../hashing/hash-spans.ts'
import { requireCapabilities } from '../network/network.ts'
import type { Share, UpdateShare } from '../protocol/share.ts'
import { encodeInfo, encodeTorrent } from '../torrent/encode-torrent.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { parseMetainfo } from '../torrent/metainfo.ts'
import { choosePieceLength } from '../torrent/piece-length.ts'
import { canRead } from './list-files.ts'
import type { SharePlan } from './plan.ts'
import { noProgress, type PublishProgress } from './progress.ts'
import { randomKey } from './random-key.ts'

export interface PublishInput {
  readonly plan: SharePlan
  readonly title?: string
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
  /** Goes into the `.torrent`, outside the info hash. */
  readonly comment?: string
}

export interface PublishHooks {
  readonly signal: AbortSignal
  readonly onProgress: (progress: PublishProgress) => void
}

/** Load what publishing needs while the person still reviews the list of files: the server may be away later. */
export function prepareToPublish({ engine }: BrowserTab): void {
  void engine.load()
  preloadHashWorker()
  preloadApi()
}

/**
 * Hash the files (continuing an earlier, interrupted attempt), register the share with the server, save its owner key
 * and record, and seed from this tab.
 * While the server is away it is tried again until `signal` aborts. Errors: `cancelled`, `insecure_context`,
 * `webrtc_missing`, `file_unreadable` (detail: the file), and those of `POST /api/shares`. Nothing is registered unless every
 * byte was hashed.
 */
export async function publishFiles(
  tab: BrowserTab,
  input: PublishInput,
  { signal, onProgress }: PublishHooks,
): Promise<{ infoHash: InfoHash }> {
  requireCapabilities()
  const { plan } = input
  const pieceLength = choosePieceLength(
    plan.length,
    plan.files.map(({ path }) => path.join('/')),
  )
  const checkpoint = new HashCheckpoint(await checkpointKey({ pieceLength, files: plan.files }), pieceLength)
  let latest = noProgress(plan.length)
  const report = (change: Partial<PublishProgress>) => {
    latest = { ...latest, ...change }
    onProgress(latest)
  }
  const onAway = (isServerAway: boolean) => {
    if (isServerAway) void checkpoint.save()
    report({ isServerAway })
  }
  const pieces = await hashPlan(plan, pieceLength, checkpoint, { signal, onProgress: report, onAway })
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
  const torrent = encodeTorrent({ infoBytes, announceList: [], comment: input.comment ?? '' })
  const metainfo = await parseMetainfo(torrent)

  const words = {
    ...(input.title ? { title: input.title } : {}),
    ...(input.description ? { description: input.description } : {}),
    ...(input.listed === undefined ? {} : { listed: input.listed }),
    ...(input.expiresIn === undefined ? {} : { expiresIn: input.expiresIn }),
    ...(input.downloadsMax === undefined ? {} : { downloadsMax: input.downloadsMax }),
  }
  const prepare = async () => {
    if (!(await tab.engine.load())) throw new AppError('server_unreachable', 'the code that seeds')
    return tab.network.forPublication()
  }
  const network = await whenReachable(prepare, { signal, onAway })
  // Drawn here, so that nothing is lost when the answer is.
  const body = { metainfo: await toBase64(torrent), ownerKey: randomKey(), ...words }
  const onSent = ({ done, total }: Sent) => report({ sent: done / total })
  const create = () => createShare(body, { signal, onSent, token: tab.publishToken.read()?.token })
  const { share, ownerKey } = await whenReachable(create, { signal, onAway })
  await rememberOwner(share, metainfo.infoHash, ownerKey, words)
  await checkpoint.forget()
  const record = publicationOf(share, metainfo.infoHash, torrent, plan)
  // Without storage (private windows) it works all the same until a reload.
  const isRecorded = await saveRecord(record).then(
    () => true,
    () => false,
  )
  const files = plan.files.map(({ file }) => file)
  await runPublication(tab, { metainfo, files, network, record, isRecorded })
  return { infoHash: metainfo.infoHash }
}

/**
 * Save the owner key of a new share; update title, description and listing of a share that this browser published before.
 * Without storage (private windows) the share works all the same, but cannot be changed after a reload.
 */
async function rememberOwner(
  { title, createdAt }: Share,
  infoHash: InfoHash,
  ownerKey: string | undefined,
  words: UpdateShare,
): Promise<void> {
  if (ownerKey !== undefined) {
    await rememberOwnedShare({ infoHash, title, ownerKey, publishedAt: createdAt }).catch(() => undefined)
    return
  }
  const owned = await getOwnedShare(infoHash).catch(() => undefined)
  if (!owned || Object.keys(words).length === 0) return
  // The share matters more than its texts: it is published even if the old key is no longer valid. Its page says so then.
  await updateShare(infoHash, owned.ownerKey, words).catch(async reason => {
    if (toAppError(reason).code === 'owner_key_wrong') await forgetOwnedShare(infoHash)
  })
}

/** The saved record, with which the share goes on after a reload. */
const publicationOf = (
  { title, name, createdAt }: Share,
  infoHash: InfoHash,
  torrent: Uint8Array<ArrayBuffer>,
  { files }: SharePlan,
): SavedPublication => ({
  role: 'publisher',
  infoHash,
  title: title || name,
  torrent,
  addedAt: createdAt,
  paused: false,
  limits: NO_LIMITS,
  sources: files.map(savedSource),
  folders: [...new Set(files.flatMap(({ folder }) => folder ?? []))],
})

async function hashPlan(
  { files, length }: SharePlan,
  pieceLength: number,
  checkpoint: HashCheckpoint,
  { signal, onProgress, onAway }: PublishHooks & { readonly onAway: (isAway: boolean) => void },
): Promise<Uint8Array<ArrayBuffer>> {
  const meter = new RateMeter()
  const content = new Blob(files.map(({ file }) => file))
  let filesDone = 0
  let endOfDone = 0
  try {
    const known = await checkpoint.load(content, signal)
    const resumedFrom = Math.min((known.length / PIECE_HASH_BYTES) * pieceLength, length)
    meter.update(resumedFrom, performance.now())
    return await hashPieces(content, pieceLength, {
      signal,
      known,
      onAway,
      onProgress(bytesDone, digests) {
        checkpoint.update(digests)
        meter.update(bytesDone, performance.now())
        for (let next = files[filesDone]; next && endOfDone + next.file.size <= bytesDone; ) {
          endOfDone += next.file.size
          next = files[++filesDone]
        }
        const timeLeft = meter.timeLeft(length - bytesDone)
        const amounts = { bytesDone, filesDone, resumedFrom, rate: meter.rate(), timeLeft }
        onProgress({ ...noProgress(length), ...amounts })
      },
    })
  } catch (reason) {
    const error = toAppError(reason)
    if (error.code === 'cancelled') await checkpoint.save()
    if (error.code !== 'file_unreadable') throw error
    throw new AppError('file_unreadable', await findUnreadable(files), { cause: reason })
  }
}

/** The name of the first file the browser no longer lets us read: it was changed, moved or deleted. */
async function findUnreadable(files: SharePlan['files']): Promise<string> {
  for (const { path, file } of files) {
    if (!(await canRead(file))) return path.join('/')
  }
  return ''
}

/** `Uint8Array.toBase64` is missing in browsers that people still use. */
async function toBase64(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^.*,/, ''))
    reader.onerror = () => reject(new AppError('internal', '', { cause: reader.error }))
    reader.readAsDataURL(new Blob([bytes]))
  })
}
