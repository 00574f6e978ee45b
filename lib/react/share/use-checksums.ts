import { useEffect, useRef, useState } from 'react'
import { fetchChecksums, putChecksums } from '../../api/client.ts'
import { AppError, toAppError } from '../../base/errors.ts'
import { thisTab } from '../../browser/this-tab.ts'
import { sha256Of } from '../../hashing/checksum/sha256-of.ts'
import { CHECKSUM_FILES_MAX, type Checksums } from '../../protocol/checksums.ts'
import type { InfoHash } from '../../torrent/ids.ts'

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
      const { engine } = thisTab()
      const found = new Map<number, string>()
      let before = 0
      for (const index of indexes) {
        const file = engine.metainfo(infoHash)?.files[index]
        if (!file) throw new AppError('share_open_elsewhere', 'its bytes are read there')
        const stream = engine.read(infoHash, file.offset, file.offset + file.length)
        const onBytes = (bytes: number) => setDone(before + bytes)
        found.set(index, await sha256Of(stream, { signal, onBytes }))
        before += file.length
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
