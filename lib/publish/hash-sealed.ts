import { AppError, toAppError } from '../base/errors.ts'
import type { SavedSeal } from '../browser/records/saved-records.ts'
import { lockWith, unlockWith } from '../browser/sealed/password.ts'
import { deriveKeys, newSecret } from '../encryption/keys.ts'
import { formatLinkKey, type LinkKey } from '../encryption/link-key.ts'
import { sealHead } from '../encryption/manifest.ts'
import { encodeOuterInfo } from '../encryption/outer.ts'
import { HASH_BYTES, planEncrypted } from '../encryption/plan.ts'
import { checkpointKey, HashCheckpoint } from '../hashing/checkpoint.ts'
import { chunksIn } from '../hashing/chunks.ts'
import { hashPieces } from '../hashing/hash-pieces.ts'
import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { type HashHooks, progressMeter, withFile } from './hash-plan.ts'
import { holdAlone } from './hold-alone.ts'
import type { SharePlan } from './plan.ts'

/** What only those see who have the link. */
interface SealedWords {
  readonly title: string
  readonly description: string
  /** Empty: the link is enough. */
  readonly password: string
}

/** An encrypted share, hashed: its info dictionary, and what opens it. */
interface SealedShare {
  readonly infoBytes: Uint8Array<ArrayBuffer>
  readonly seal: SavedSeal
  readonly onAway: (isAway: boolean) => void
  /** Before it is published: what was hashed is not continued under this key. */
  readonly begin: () => Promise<void>
  /** It is certain that it was not published: it may be continued. */
  readonly refused: () => Promise<void>
  /** Another attempt with these files may go on. */
  readonly end: () => void
}

/** A new share's key, and what its keys are derived from. */
interface NewKey {
  readonly key: LinkKey
  readonly root: SavedSeal['root']
}

/**
 * Encrypt the planned files and hash what comes out: in the workers, of which each reads its part of the files once and keeps nothing.
 * The key is a new one, or that of an interrupted attempt with exactly these files, which goes on: nothing of that was published.
 * Errors: `cancelled`, `file_unreadable` (detail: the file), `metainfo_too_large`.
 */
export async function hashSealed(
  plan: SharePlan,
  { description, password, title }: SealedWords,
  { signal, onAway, onProgress }: HashHooks,
): Promise<SealedShare> {
  const layout = planEncrypted({
    name: plan.name,
    singleFile: plan.singleFile,
    title,
    description,
    files: plan.files.map(({ file, path }) => ({
      path,
      length: file.size,
      modified: Math.floor(file.lastModified / 1000),
      executable: false,
    })),
  })
  const { chunkCount, chunkLength, contentStart, length, pieceLength } = layout
  const hashes = new Uint8Array(chunkCount * HASH_BYTES)
  const meter = progressMeter(plan, onProgress)
  const plain = new Blob(plan.files.map(({ file }) => file))
  const chunked = Float64Array.from(plan.files, ({ file }) => file.size)
  const contentUnder = (root: SavedSeal['root']) => ({
    plain,
    chunked,
    // Its head has the hashes in it, and is hashed last.
    seal: { root, head: new Uint8Array(contentStart), chunkLength, plainLength: plan.length, length },
  })
  const headPieces = contentStart / pieceLength
  const bytesOf = (digests: Uint8Array) =>
    Math.max(0, (digests.length / PIECE_HASH_BYTES) * pieceLength - contentStart)
  const files = { pieceLength, layout: [contentStart, chunkLength, length], files: plan.files }
  const name = await checkpointKey(files)
  const checkpoint = new HashCheckpoint(name, pieceLength)
  // Two tabs that hash the same files must not end up with one key: the second one starts with a key of its own, and saves nothing.
  const release = await holdAlone(`tabseed-hashing-${name}`)
  const save = async () => {
    if (release) await checkpoint.save()
  }
  let isSent = false
  const noteAway = (isAway: boolean) => {
    if (isAway && !isSent) void save()
    onAway(isAway)
  }

  /** The key of an interrupted attempt, with the digests that hold under it; null: there is none that can go on. */
  const interrupted = async () => {
    const sealed = release && (await checkpoint.find())?.sealed
    const root = sealed && (await rootOf(sealed.key, password))
    if (!sealed || !root) return null
    const known = await checkpoint.load(contentUnder(root), signal, headPieces)
    if (known.length === 0) return null
    hashes.set(sealed.hashes)
    return { key: sealed.key, root, known }
  }

  try {
    const found = await interrupted()
    const { key, root } = found ?? (await newKey(password))
    const known = found?.known ?? new Uint8Array(headPieces * PIECE_HASH_BYTES)
    meter.resume(Math.min(bytesOf(known), plan.length))
    const sealed = (digests: Uint8Array) => {
      const done = bytesOf(digests)
      const { first } = chunksIn(chunked, chunkLength, { from: done, to: done })
      return { key, hashes: hashes.slice(0, first * HASH_BYTES) }
    }
    const pieces = await hashPieces(contentUnder(root), pieceLength, {
      signal,
      onAway: noteAway,
      known,
      onChunks: ({ digests, first }) => hashes.set(digests, first * HASH_BYTES),
      onProgress(bytesDone, digests) {
        if (release && digests.length > headPieces * PIECE_HASH_BYTES) checkpoint.update(digests, sealed)
        meter.report(Math.min(bytesDone - contentStart, plan.length))
      },
    })
    // All of them are known: the last `update` may have been of an earlier attempt.
    if (release) checkpoint.update(pieces.slice(), sealed)
    const head = await sealHead(layout, hashes, { keys: await deriveKeys(root), secret: key.secret })
    for (let piece = 0; piece < headPieces; piece++) {
      const bytes = head.subarray(piece * pieceLength, (piece + 1) * pieceLength)
      const digest = await crypto.subtle.digest('SHA-1', bytes)
      pieces.set(new Uint8Array(digest), piece * PIECE_HASH_BYTES)
    }
    const seal = { secret: key.secret, root, head, fragment: formatLinkKey(key) }
    return {
      infoBytes: await encodeOuterInfo(layout, key.secret, pieces),
      seal,
      onAway: noteAway,
      begin: async () => {
        isSent = true
        if (release) await checkpoint.remove()
      },
      refused: save,
      end: () => release?.(),
    }
  } catch (reason) {
    const error = toAppError(reason)
    if (error.code === 'cancelled') await save()
    release?.()
    throw await withFile(error, plan)
  }
}

async function newKey(password: string): Promise<NewKey> {
  const secret = newSecret()
  return password === '' ? { key: { secret, password: null }, root: secret } : lockWith(secret, password)
}

/** What the keys of an interrupted attempt are derived from; null: it had another password, or none. */
async function rootOf(key: LinkKey, password: string): Promise<SavedSeal['root'] | null> {
  if ((key.password === null) !== (password === '')) return null
  if (key.password === null) return key.secret
  return unlockWith(key, password).catch(reason => {
    if (reason instanceof AppError && reason.code === 'password_wrong') return null
    throw reason
  })
}
