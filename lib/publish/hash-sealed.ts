import { toAppError } from '../base/errors.ts'
import type { SavedSeal } from '../browser/records/saved-records.ts'
import { lockWith } from '../browser/sealed/password.ts'
import { deriveKeys, newSecret } from '../encryption/keys.ts'
import { formatLinkKey, type LinkKey } from '../encryption/link-key.ts'
import { sealHead } from '../encryption/manifest.ts'
import { encodeOuterInfo } from '../encryption/outer.ts'
import { HASH_BYTES, planEncrypted } from '../encryption/plan.ts'
import { hashPieces } from '../hashing/hash-pieces.ts'
import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { type HashHooks, progressMeter, withFile } from './hash-plan.ts'
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
}

/**
 * Encrypt the planned files under a new key, and hash what comes out: in the workers, of which each reads its part of the files once and
 * keeps nothing. Errors: `cancelled`, `file_unreadable` (detail: the file), `metainfo_too_large`.
 */
export async function hashSealed(
  plan: SharePlan,
  { description, password, title }: SealedWords,
  { signal, onAway, onProgress }: HashHooks,
): Promise<SealedShare> {
  const { key, root } = await newKey(password)
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
  const content = {
    plain: new Blob(plan.files.map(({ file }) => file)),
    chunked: Float64Array.from(plan.files, ({ file }) => file.size),
    // Its head has the hashes in it, and is hashed last.
    seal: { root, head: new Uint8Array(contentStart), chunkLength, plainLength: plan.length, length },
  }
  const headPieces = contentStart / pieceLength
  const options = { signal, onAway, known: new Uint8Array(headPieces * PIECE_HASH_BYTES) }
  try {
    const pieces = await hashPieces(content, pieceLength, {
      ...options,
      onChunks: ({ digests, first }) => hashes.set(digests, first * HASH_BYTES),
      onProgress: bytesDone => meter.report(Math.min(bytesDone - contentStart, plan.length)),
    })
    const head = await sealHead(layout, hashes, { keys: await deriveKeys(root), secret: key.secret })
    for (let piece = 0; piece < headPieces; piece++) {
      const bytes = head.subarray(piece * pieceLength, (piece + 1) * pieceLength)
      const digest = await crypto.subtle.digest('SHA-1', bytes)
      pieces.set(new Uint8Array(digest), piece * PIECE_HASH_BYTES)
    }
    const seal = { secret: key.secret, root, head, fragment: formatLinkKey(key) }
    return { infoBytes: await encodeOuterInfo(layout, key.secret, pieces), seal }
  } catch (reason) {
    throw await withFile(toAppError(reason), plan)
  }
}

async function newKey(
  password: string,
): Promise<{ readonly key: LinkKey; readonly root: SavedSeal['root'] }> {
  const secret = newSecret()
  return password === '' ? { key: { secret, password: null }, root: secret } : lockWith(secret, password)
}
