import { z } from 'zod'
import { BLOCK_REASON_MAX } from './share-values.ts'

/** Messages of `/api/admin` and of what else needs an operator's key. Times as ISO 8601 in UTC, sizes in bytes. */

/** `PUT` and `DELETE /api/shares/<infohash>/blocked`: why; of a block, everybody who asks for the share is told. */
export const blockSchema = z.strictObject({ reason: z.string().trim().max(BLOCK_REASON_MAX).default('') })
