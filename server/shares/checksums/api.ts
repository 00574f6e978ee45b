import type { IncomingMessage } from 'node:http'
import { AppError } from '../../../lib/base/errors.ts'
import { CHECKSUM_FILES_MAX, type Checksums, putChecksumsSchema } from '../../../lib/protocol/checksums.ts'
import { readJson } from '../../http/body.ts'
import { json, type Reply } from '../../http/reply.ts'
import { ownerKey, requireInfoHash } from '../../http/share-request.ts'
import type { ShareStore } from '../share-store.ts'
import type { Shares } from '../shares.ts'
import type { ChecksumStore, StatedChecksums } from './checksum-store.ts'

/** 64 digits, quotes and a comma each. */
const BODY_MAX_BYTES = CHECKSUM_FILES_MAX * 67 + 1024

interface ChecksumServices {
  readonly shares: Shares
  readonly stores: { readonly shares: ShareStore; readonly checksums: ChecksumStore }
}

/** `GET /api/shares/<infohash>/checksums`. Errors: `share_not_found`. */
export async function getChecksums({ shares, stores }: ChecksumServices, name: string): Promise<Reply> {
  const infoHash = requireInfoHash(name)
  if (!(await shares.isLive(infoHash))) throw new AppError('share_not_found')
  return json(200, answerOf(await stores.checksums.find(infoHash)))
}

/**
 * `PUT /api/shares/<infohash>/checksums` with the owner key. Errors: those of the key, `bad_request` (not one for each file, or a
 * share of too many files).
 */
export async function putChecksums(
  { shares, stores }: ChecksumServices,
  name: string,
  request: IncomingMessage,
): Promise<Reply> {
  const infoHash = requireInfoHash(name)
  const { sha256 } = await readJson(request, putChecksumsSchema, BODY_MAX_BYTES)
  await shares.requireOwner(infoHash, ownerKey(request))
  const share = await stores.shares.findBrief(infoHash, CHECKSUM_FILES_MAX)
  if (!share) throw new AppError('share_not_found')
  const { files } = share.content
  if (files.length !== sha256.length) {
    throw new AppError(
      'bad_request',
      `one for each of the ${share.fileCount} files, at most ${CHECKSUM_FILES_MAX}`,
    )
  }
  const known = sha256.map((sum, index) => (files[index]?.padding ? null : sum))
  const stated = { sha256: known, statedAt: new Date() }
  if (!(await stores.checksums.replace(infoHash, stated))) throw new AppError('share_not_found')
  return json(200, answerOf(stated))
}

const answerOf = (stated: StatedChecksums | undefined): Checksums => ({
  by: stated ? 'publisher' : null,
  statedAt: stated?.statedAt.toISOString() ?? null,
  sha256: [...(stated?.sha256 ?? [])],
})
