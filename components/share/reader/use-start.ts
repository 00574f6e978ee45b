import { useEffect, useRef, useState } from 'react'
import { whenReachable } from '../../../lib/api/when-reachable.ts'
import { AppError } from '../../../lib/base/errors.ts'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { askPersistence, checkRoom, type Room } from '../../../lib/storage/room.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { ShareFile } from '../share-files.tsx'

/** Loaded when the page is shown, for a download that goes on by itself; long before a click. */
const downloads = () => import('../../../lib/browser/downloads/start-download.ts')

interface StartOptions {
  readonly share: Share
  readonly infoHash: InfoHash
  readonly wanted: readonly ShareFile[]
  /** Pressed (true) until the swarm reports by itself (false). */
  readonly onStarted: (started: boolean) => void
  /** A reason, or null when a new start clears the last one. */
  readonly onError: (reason: unknown) => void
}

interface Start {
  /** Have ready what a start needs; call when it becomes likely. */
  readonly prepare: () => void
  /** Fetches what is wanted, or `only` a few of the files. */
  readonly start: (only?: readonly ShareFile[]) => Promise<void>
  /** The disk space that is missing, after a start for which it was not enough. */
  readonly lacking: Room | null
  /** This browser has no download of it to go on with. */
  readonly isNew: boolean
  /** Forget that space was missing. */
  readonly dismiss: () => void
}

/** Starts the download when there is disk space for it, as soon as the server can be reached, and resumes by itself one that ran before. */
export function useStart({ share, infoHash, wanted, onStarted, onError }: StartOptions): Start {
  const [lacking, setLacking] = useState<Room | null>(null)
  const [isNew, setIsNew] = useState(false)
  const resume = async () => {
    // Without the code, the click loads it.
    const code = await downloads().catch(() => null)
    const isResumed = await code?.resumeDownload(thisTab(), infoHash)
    if (!isResumed) setIsNew(true)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each share, whatever the page does with an error
  useEffect(() => {
    void resume().catch(onError)
  }, [infoHash])

  /** Aborted when the person goes to another page: what waits for the server must not start then. */
  const left = useRef(new AbortController())
  useEffect(() => {
    left.current = new AbortController()
    return () => left.current.abort()
  }, [])

  const { files, pieceCount } = share
  const prepare = () => thisTab().preparation.prepare(infoHash, { fileCount: files.length, pieceCount })

  const start = async (only = wanted) => {
    prepare()
    onError(null)
    onStarted(true)
    try {
      const room = await checkRoom(only.reduce((sum, { length }) => sum + length, 0))
      setLacking(room.enough ? null : room)
      if (!room.enough) return
      void askPersistence()
      const indexes = only.map(({ index }) => index)
      const onAway = (isAway: boolean) => onError(isAway ? new AppError('server_unreachable') : null)
      const { signal } = left.current
      await whenReachable(() => startLoaded(infoHash, indexes, share.title), {
        signal,
        onAway,
      })
    } catch (reason) {
      if (!left.current.signal.aborted) onError(reason)
    } finally {
      // From here on the swarm reports; a download that is deleted can be started again.
      onStarted(false)
    }
  }
  return { prepare, start, lacking, isNew, dismiss: () => setLacking(null) }
}

/** Errors: `server_unreachable` while the code cannot be loaded, those of `startDownload`. */
async function startLoaded(infoHash: InfoHash, indexes: readonly number[], title: string): Promise<void> {
  const { startDownload } = await downloads().catch(reason => {
    throw new AppError('server_unreachable', '', { cause: reason })
  })
  await startDownload(thisTab(), infoHash, indexes, { title })
}
