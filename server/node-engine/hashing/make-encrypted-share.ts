import { deriveKeyBytes, deriveKeys } from '../../../lib/encryption/keys.ts'
import { sealHead } from '../../../lib/encryption/manifest.ts'
import { openShare } from '../../../lib/encryption/opened-share.ts'
import { encodeOuterInfo } from '../../../lib/encryption/outer.ts'
import { type EncryptedPlan, HASH_BYTES, planEncrypted } from '../../../lib/encryption/plan.ts'
import type { SharePlan } from '../../../lib/publish/plan.ts'
import { encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { PIECE_HASH_BYTES } from '../../../lib/torrent/layout.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { type HashOptions, hashFileSpans } from './hash-file-spans.ts'
import { type LocalFile, requireUnchanged } from './local-files.ts'
import type { MadeTorrent } from './make-torrent.ts'

interface EncryptedShareOptions extends HashOptions {
  readonly secret: Uint8Array<ArrayBuffer>
  /** The secret, or what secret and password give together. */
  readonly root: Uint8Array<ArrayBuffer>
  readonly title: string
}

/**
 * The encrypted share of the files of `plan`: each is read once, for the SHA-256 of its chunks and the SHA-1 of the pieces that its
 * ciphertext makes; header and manifest come last. The metainfo is opened, so that it can be seeded.
 * Errors: those of `planEncrypted`, `hashFileSpans` and `encodeTorrent`; `file_changed`.
 */
export async function makeEncryptedShare(
  plan: SharePlan<LocalFile>,
  { root, secret, title, ...hashing }: EncryptedShareOptions,
): Promise<MadeTorrent> {
  const encrypted = planEncrypted({
    name: plan.name,
    singleFile: plan.singleFile,
    title,
    description: '',
    files: plan.files.map(({ file, path }) => ({
      path,
      length: file.size,
      modified: Math.floor(file.modified / 1000),
      executable: file.executable,
    })),
  })
  const { hashes, pieces } = await hashContent(plan.files, encrypted, root, hashing)
  requireUnchanged(plan.files)
  const head = await sealHead(encrypted, hashes, { secret, keys: await deriveKeys(root) })
  pieces.set(await hashHead(head, encrypted.pieceLength))
  const infoBytes = await encodeOuterInfo(encrypted, secret, pieces)
  const torrent = encodeTorrent({ infoBytes, announceList: [] })
  const metainfo = await openShare(await parseMetainfo(torrent), { head, root, secret })
  return { torrent, metainfo, plan }
}

/** All pieces but those of the head, which is not known yet. */
async function hashContent(
  files: readonly LocalFile[],
  { chunkCount, chunkLength, contentStart, files: placed, length, pieceLength }: EncryptedPlan,
  root: Uint8Array<ArrayBuffer>,
  hashing: HashOptions,
) {
  const { content: key, nonce } = await deriveKeyBytes(root)
  const hashes = new Uint8Array(chunkCount * HASH_BYTES)
  const pieceCount = Math.ceil(length / pieceLength)
  const pieces = new Uint8Array(pieceCount * PIECE_HASH_BYTES)
  const first = contentStart / pieceLength
  await hashFileSpans(
    {
      files: files.map(({ location }, index) => ({
        location,
        length: placed[index]?.length ?? 0,
        offset: contentStart + (placed[index]?.offset ?? 0),
      })),
      length,
      pieceLength,
      seal: { head: new Uint8Array(contentStart), key, nonce, chunkLength },
    },
    Array.from({ length: pieceCount - first }, (_, index) => first + index),
    (span, digests, chunks) => {
      pieces.set(digests, span.first * PIECE_HASH_BYTES)
      if (chunks) hashes.set(chunks.digests, chunks.first * HASH_BYTES)
    },
    hashing,
  )
  return { hashes, pieces }
}

async function hashHead(head: Uint8Array<ArrayBuffer>, pieceLength: number): Promise<Uint8Array> {
  const digests = new Uint8Array((head.length / pieceLength) * PIECE_HASH_BYTES)
  for (let at = 0; at < head.length; at += pieceLength) {
    const digest = await crypto.subtle.digest('SHA-1', head.subarray(at, at + pieceLength))
    digests.set(new Uint8Array(digest), (at / pieceLength) * PIECE_HASH_BYTES)
  }
  return digests
}
