import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { BucketStore } from '../shares/bucket/bucket-store.ts'
import { shareOfKey } from './keys.ts'
import type { Objects } from './objects.ts'

/** What was written within this time may be of an upload that is just beginning. */
const FRESH_MS = 3_600_000

interface AuditOptions {
  readonly objects: Objects
  readonly store: BucketStore
  /** Shares that the database did not know at the last comparison; those of this one afterwards. */
  readonly strays: Set<InfoHash>
  readonly log: Log
  readonly signal: AbortSignal
}

/** What is in the bucket of one share. */
interface Found {
  objects: number
  bytes: number
  /** When the last of it was written, in milliseconds since 1970. */
  modified: number
}

/**
 * Compares what is in the bucket with what the database says, which was perhaps restored from a backup, or the bucket changed by somebody
 * else: what is missing is uploaded again, and what belongs to no share is removed when the comparison before found the same.
 * Errors: `BucketError`, the database's, the reason of `signal`.
 */
export async function auditBucket(options: AuditOptions): Promise<void> {
  const { objects, signal, store } = options
  const found = new Map<InfoHash, Found>()
  const now = Date.now()
  for await (const { key, modified, size } of objects.list('', signal)) {
    const infoHash = shareOfKey(key)
    if (infoHash === null) continue
    const share = found.get(infoHash) ?? { objects: 0, bytes: 0, modified: 0 }
    share.objects += 1
    share.bytes += size
    share.modified = Math.max(share.modified, modified.getTime())
    found.set(infoHash, share)
  }
  const rows = await store.changed(new Date(0))
  for (const { bytes, changedAt, infoHash, objects: count, state } of rows) {
    const share = found.get(infoHash)
    if (state !== 'gone') found.delete(infoHash)
    // What was uploaded while the list was read may not be in it.
    if (state !== 'there' || changedAt.getTime() >= now - FRESH_MS) continue
    if ((share?.objects ?? 0) !== count || (share?.bytes ?? 0) !== bytes)
      await store.reopen(infoHash, new Date())
  }
  const unknown = [...found].filter(([, { modified }]) => modified < now - FRESH_MS)
  await removeStrays(options, new Set(unknown.map(([infoHash]) => infoHash)))
  for (const upload of await objects.openUploads('', signal)) {
    const infoHash = shareOfKey(upload.key)
    const state = infoHash && (await store.find(infoHash))?.state
    if (infoHash && (state === undefined || state === 'there')) await objects.abortUpload(upload, signal)
  }
}

/** Not at once: who restored an older database has until the next comparison to put the right one in its place. */
async function removeStrays(
  { log, store, strays }: AuditOptions,
  unknown: ReadonlySet<InfoHash>,
): Promise<void> {
  const before = new Set(strays)
  strays.clear()
  for (const infoHash of unknown) {
    if (before.has(infoHash)) await store.removeFound(infoHash, new Date())
    else strays.add(infoHash)
  }
  if (strays.size === 0) return
  log.warn({ shares: strays.size }, 'shares in the bucket are not in the database: removed in a day')
}
