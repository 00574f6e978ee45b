import { z } from 'zod'

/** Most files of a share with checksums: 32 bytes each in the database, 64 digits each in an answer. */
export const CHECKSUM_FILES_MAX = 10_000

/** SHA-256 in hex; null where it is not known, and for padding files. */
const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .nullable()

/** `PUT /api/shares/<infohash>/checksums`: one for each file, in metainfo order. */
export const putChecksumsSchema = z.strictObject({ sha256: z.array(sha256).max(CHECKSUM_FILES_MAX) })

/**
 * `GET /api/shares/<infohash>/checksums`: SHA-256 of each file, in metainfo order, as the publisher states them. The server does not
 * check them. `by` is null and the list empty where nobody has stated any.
 */
export const checksumsSchema = z.object({
  by: z.literal('publisher').nullable(),
  statedAt: z.iso.datetime().nullable(),
  sha256: z.array(sha256),
})
export type Checksums = z.infer<typeof checksumsSchema>
