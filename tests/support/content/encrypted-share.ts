import { createHash } from 'node:crypto'
import { xorContent } from '../../../lib/encryption/cipher.ts'
import { deriveKeys, newSecret } from '../../../lib/encryption/keys.ts'
import { formatLinkKey, type LinkKey } from '../../../lib/encryption/link-key.ts'
import { type Opening, sealHead } from '../../../lib/encryption/manifest.ts'
import { encodeOuterInfo } from '../../../lib/encryption/outer.ts'
import { type EncryptedPlan, HASH_BYTES, planEncrypted } from '../../../lib/encryption/plan.ts'
import { hashChunk } from '../../../lib/encryption/verified-read.ts'
import { encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'

export interface MadeShare extends Opening {
  readonly plan: EncryptedPlan
  /** The whole ciphertext. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly head: Uint8Array<ArrayBuffer>
  readonly linkKey: string
}

interface ShareOptions {
  readonly key?: LinkKey
  readonly root?: Uint8Array<ArrayBuffer>
  readonly title?: string
  readonly description?: string
  readonly singleFile?: boolean
}

/** A small encrypted share of these files, made by the product in memory. */
export async function makeEncryptedShare(
  given: Readonly<Record<string, Uint8Array>>,
  options: ShareOptions = {},
): Promise<MadeShare> {
  const { key = { secret: newSecret(), password: null }, title = '', description = '' } = options
  const { root = key.secret, singleFile = false } = options
  const entries = Object.entries(given)
  const plan = planEncrypted({
    name: singleFile ? (entries[0]?.[0] ?? '') : 'holiday',
    singleFile,
    title,
    description,
    files: entries.map(([path, { length }]) => ({
      path: path.split('/'),
      length,
      modified: 1_700_000_000,
      executable: path.endsWith('.sh'),
    })),
  })
  const keys = await deriveKeys(root)
  const content = new Uint8Array(plan.length - plan.contentStart)
  const hashes = new Uint8Array(plan.chunkCount * HASH_BYTES)
  for (const [index, file] of plan.files.entries()) {
    content.set(entries[index]?.[1] ?? new Uint8Array(), file.offset)
    for (let at = 0; at < file.length; at += plan.chunkLength) {
      const end = Math.min(at + plan.chunkLength, file.length)
      const digest = await hashChunk(content.slice(file.offset + at, file.offset + end))
      hashes.set(digest, (file.firstChunk + at / plan.chunkLength) * HASH_BYTES)
    }
  }
  const opening = { secret: key.secret, keys }
  const head = await sealHead(plan, hashes, opening)
  const bytes = new Uint8Array(plan.length)
  bytes.set(head)
  bytes.set(await xorContent(keys, 0, content), plan.contentStart)
  return { ...opening, plan, bytes, head, linkKey: formatLinkKey(key) }
}

/** Its `.torrent`, as everybody has it. */
export async function encryptedTorrent({ bytes, plan, secret }: MadeShare): Promise<Uint8Array<ArrayBuffer>> {
  const { length, pieceLength } = plan
  const pieces = Buffer.concat(
    Array.from({ length: Math.ceil(length / pieceLength) }, (_, piece) =>
      createHash('sha1')
        .update(bytes.subarray(piece * pieceLength, (piece + 1) * pieceLength))
        .digest(),
    ),
  )
  return encodeTorrent({ infoBytes: await encodeOuterInfo(plan, secret, pieces), announceList: [] })
}
