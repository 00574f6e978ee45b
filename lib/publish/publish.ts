import { createShare, updateShare } from '../api/client.ts'
import { AppError, toAppError } from '../base/errors.ts'
import { RateMeter } from '../base/rate-meter.ts'
import { leadPublication } from '../browser/publications/run-publication.ts'
import { getOwnedShare, rememberOwnedShare } from '../browser/records/owned-shares.ts'
import { type KeptPublication, keepShare, keptSource } from '../browser/records/saved-records.ts'
import { getEngine } from '../engine/index.ts'
import { NO_LIMITS } from '../engine/view/snapshot.ts'
import { checkpointKey, HashCheckpoint } from '../hashing/checkpoint.ts'
import { hashPieces } from '../hashing/hash-pieces.ts'
import { publishNetwork, requireCapabilities } from '../network/network.ts'
import type { Share, UpdateShare } from '../protocol/share.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { encodeInfo, encodeTorrent, parseMetainfo } from '../torrent/metainfo.ts'
import { choosePieceLength } from '../torrent/piece-length.ts'
import type { SharePlan } from './plan.ts'

export interface PublishInput {
  readonly plan: SharePlan
  readonly title?: string
  readonly description?: string
  /** BEP 27: only our tracker may hand out peers. Part of the info hash. */
  readonly private?: boolean
  /** Whether the server's status page names it; it does unless told not to. */
  readonly listed?: boolean
  /** Goes into the `.torrent`, outside the info hash. */
  readonly comment?: string
}

/** Amounts in bytes, `rate` in bytes a second, `timeLeft` in seconds (null: not known yet). */
export interface PublishProgress {
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly filesDone: number
  /** Where an earlier attempt that was cut off left the work. */
  readonly resumedFrom: number
  readonly rate: number
  readonly timeLeft: number | null
}

export interface PublishHooks {
  readonly signal: AbortSignal
  readonly onProgress: (progress: PublishProgress) => void
}

/** Fetch what publishing needs while the person still looks at the list of files. */
export function prepareToPublish(): void {
  void getEngine().load()
}

/**
 * Hash the files (going on where an earlier attempt was cut off), register the share with the server, keep its owner
 * key and where the files are, start seeding from this tab.
 * Errors: `cancelled`, `insecure_context`, `webrtc_missing`, `file_unreadable` (detail: the file),
 * `server_unreachable`, and those of `POST /api/shares`. Nothing is registered unless every byte was hashed.
 */
export async function publishFiles(
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
  const pieces = await hashPlan(plan, pieceLength, checkpoint, { signal, onProgress })
  const infoBytes = encodeInfo({
    name: plan.name,
    pieceLength,
    pieces,
    private: input.private ?? false,
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
  }
  const network = await publishNetwork()
  if (signal.aborted) throw new AppError('cancelled')
  // From here on nothing is cancelled half-way: the owner key comes once.
  const { share, ownerKey } = await createShare({ metainfo: await toBase64(torrent), ...words })
  await rememberOwner(share, metainfo.infoHash, ownerKey, words)
  await checkpoint.forget()
  const kept = publicationOf(share, metainfo.infoHash, torrent, plan)
  // Without storage (private windows) it works all the same until a reload.
  const recorded = await keepShare(kept).then(
    () => true,
    () => false,
  )
  const files = plan.files.map(({ file }) => file)
  await leadPublication({ metainfo, files, network, kept, recorded })
  return { infoHash: metainfo.infoHash }
}

/**
 * Keep the owner key of a new share; give a share that this browser published before the words typed now. Without
 * storage (private windows) the share works all the same, but can't be changed after a reload.
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
  // The words are worth less than the share: it is published even if an old key no longer fits.
  await updateShare(infoHash, owned.ownerKey, words).catch(() => undefined)
}

/** What makes the share go on after a reload. */
const publicationOf = (
  { title, name, createdAt }: Share,
  infoHash: InfoHash,
  torrent: Uint8Array<ArrayBuffer>,
  { files }: SharePlan,
): KeptPublication => ({
  role: 'publisher',
  infoHash,
  title: title || name,
  torrent,
  addedAt: createdAt,
  paused: false,
  limits: NO_LIMITS,
  sources: files.map(keptSource),
  folders: [...new Set(files.flatMap(({ folder }) => folder ?? []))],
})

async function hashPlan(
  { files, length }: SharePlan,
  pieceLength: number,
  checkpoint: HashCheckpoint,
  { signal, onProgress }: PublishHooks,
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
      onProgress(bytesDone, digests) {
        checkpoint.update(digests)
        meter.update(bytesDone, performance.now())
        for (let next = files[filesDone]; next && endOfDone + next.file.size <= bytesDone; ) {
          endOfDone += next.file.size
          next = files[++filesDone]
        }
        const timeLeft = meter.timeLeft(length - bytesDone)
        onProgress({ bytesDone, bytesTotal: length, filesDone, resumedFrom, rate: meter.rate(), timeLeft })
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
    const readable = await file
      .slice(0, 1)
      .arrayBuffer()
      .then(
        () => true,
        () => false,
      )
    if (!readable) return path.join('/')
  }
  return ''
}

/** `Uint8Array.toBase64` is not in every browser people still use. */
async function toBase64(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result).replace(/^.*,/, ''))
    reader.onerror = () => reject(new AppError('internal', '', { cause: reader.error }))
    reader.readAsDataURL(new Blob([bytes]))
  })
}
