import { useEffect, useRef, useState } from 'react'
import { fetchChecksums, putChecksums } from '../../api/client.ts'
import { type AppError, toAppError } from '../../base/errors.ts'
import { thisTab } from '../../browser/this-tab.ts'
import { Sha256 } from '../../hashing/sha256.ts'
import { CHECKSUM_FILES_MAX, type Checksums } from '../../protocol/checksums.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** Up to here the browser's own SHA-256 is used, which is many times as fast and wants a file in memory; bytes. */
const IN_MEMORY_MAX = 64 * 1024 * 1024

interface ChecksumState {
  /** What the publisher states; undefined until that is known. */
  readonly stated: Checksums | undefined
  /** SHA-256 in hex by index in the metainfo, of bytes that are in this tab; null until somebody asks. */
  readonly computed: ReadonlyMap<number, string> | null
  /** Bytes that are hashed, while that goes on. */
  readonly done: number | null
  readonly error: AppError | null
  /**
   * Hash the files at `indexes` (metainfo order), which are complete in this tab; with an owner key also state them to everybody,
   * if `fileCount` (with padding files) is not too large.
   */
  readonly compute: (
    indexes: readonly number[],
    owner: { readonly key: string; readonly fileCount: number } | null,
  ) => void
}

/** SHA-256 of the files of a share: as the publisher states it, and as this tab computes it. */
export function useChecksums(infoHash: InfoHash): ChecksumState {
  const [stated, setStated] = useState<Checksums>()
  const [computed, setComputed] = useState<ReadonlyMap<number, string> | null>(null)
  const [done, setDone] = useState<number | null>(null)
  const [error, setError] = useState<AppError | null>(null)
  const leaving = useRef(new AbortController())
  useEffect(() => {
    leaving.current = new AbortController()
    const { signal } = leaving.current
    fetchChecksums(infoHash).then(
      found => !signal.aborted && setStated(found),
      reason => !signal.aborted && setError(toAppError(reason)),
    )
    return () => leaving.current.abort()
  }, [infoHash])

  const compute: ChecksumState['compute'] = (indexes, owner) => {
    const { signal } = leaving.current
    setError(null)
    setDone(0)
    const run = async () => {
      const found = new Map<number, string>()
      let before = 0
      for (const index of indexes) {
        const length = thisTab().engine.metainfo(infoHash)?.files[index]?.length ?? 0
        found.set(
          index,
          await sha256Of(infoHash, index, { signal, onBytes: bytes => setDone(before + bytes) }),
        )
        before += length
      }
      setComputed(found)
      if (!owner || owner.fileCount > CHECKSUM_FILES_MAX) return
      const sha256 = Array.from({ length: owner.fileCount }, (_, index) => found.get(index) ?? null)
      setStated(await putChecksums(infoHash, owner.key, sha256))
    }
    run()
      .catch(reason => !signal.aborted && setError(toAppError(reason)))
      .finally(() => !signal.aborted && setDone(null))
  }
  return { stated, computed, done, error, compute }
}

interface HashWatch {
  readonly signal: AbortSignal
  /** Called with the bytes of this file that are hashed. */
  readonly onBytes: (bytes: number) => void
}

/** SHA-256 of one complete file in this tab. Errors: `storage_failed`, `cancelled`. */
async function sha256Of(infoHash: InfoHash, index: number, { signal, onBytes }: HashWatch): Promise<string> {
  const { engine } = thisTab()
  const file = engine.metainfo(infoHash)?.files[index]
  if (!file) throw new TypeError(`this tab has no file ${index}`)
  const stream = engine.read(infoHash, file.offset, file.offset + file.length)
  if (file.length <= IN_MEMORY_MAX) {
    const bytes = await new Response(stream).arrayBuffer()
    signal.throwIfAborted()
    onBytes(bytes.byteLength)
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')
  }
  const hash = new Sha256()
  const reader = stream.getReader()
  let done = 0
  for (;;) {
    const { value } = await reader.read()
    if (!value) return hash.digest()
    if (signal.aborted) await reader.cancel()
    signal.throwIfAborted()
    hash.update(value)
    done += value.length
    onBytes(done)
  }
}
