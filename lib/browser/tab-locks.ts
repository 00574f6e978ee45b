import { AppError } from '../base/errors.ts'
import { SerialQueue } from '../base/serial-queue.ts'
import type { InfoHash } from '../torrent/ids.ts'

/** A tab that was asked to release a share needs no longer than this. */
const RELEASE_LIMIT_MS = 10_000

type Run = () => Promise<void>

/** A lock that this tab holds or waits for. */
interface LockRequest {
  isHeld: boolean
  start: Run
  takeOver: Run
  /** One run at a time: two would open the same files. */
  readonly runs: SerialQueue
  readonly release: () => void
}

const lockOf = (infoHash: InfoHash): string => `tabseed:share:${infoHash}`

/** In a sandbox, browsers have locks and refuse them. */
const hasLocks = (): boolean => 'locks' in navigator && globalThis.origin !== 'null'

/**
 * The tab locks of one tab: each share is run by the one tab of a browser that holds its Web Lock. Without Web Locks
 * (old browsers) every tab runs on its own.
 */
export class TabLocks {
  readonly #requests = new Map<InfoHash, LockRequest>()

  /** True when this tab holds the lock of the share or waits for it. */
  isRequested(infoHash: InfoHash): boolean {
    return this.#requests.has(infoHash)
  }

  /**
   * Run a share in this tab and in no other one of this browser: calls `start` now when no other tab has the lock and
   * resolves to true; else resolves to false and calls `takeOver` later, when the tab that has it closes or crashes.
   * Called again for the same share, it replaces both, and calls `start` if this tab has the lock.
   * Rejects with what `start` rejects with; the lock is released then.
   */
  async acquire(infoHash: InfoHash, start: Run, takeOver: Run = start): Promise<boolean> {
    const known = this.#requests.get(infoHash)
    if (known) {
      Object.assign(known, { start, takeOver })
      if (known.isHeld) await runNext(known, () => known.start())
      return known.isHeld
    }
    if (!hasLocks()) {
      await start()
      return true
    }
    const released = Promise.withResolvers<void>()
    const waiting = new AbortController()
    const request: LockRequest = {
      isHeld: false,
      start,
      takeOver,
      runs: new SerialQueue(),
      release: () => {
        if (this.#requests.get(infoHash) === request) this.#requests.delete(infoHash)
        waiting.abort()
        released.resolve()
      },
    }
    this.#requests.set(infoHash, request)
    const untilReleased = async (): Promise<void> => {
      await released.promise
      // The next tab would open the same files.
      await request.runs.idle()
    }
    return new Promise((resolve, reject) => {
      void navigator.locks.request(lockOf(infoHash), { ifAvailable: true }, async lock => {
        // Released before it was acquired.
        if (waiting.signal.aborted) return resolve(false)
        if (lock) {
          request.isHeld = true
          runNext(request, () => request.start()).then(() => resolve(true), reject)
          return untilReleased()
        }
        resolve(false)
        // Queued until the other tab is gone. When taking over fails, the swarm shows it.
        navigator.locks
          .request(lockOf(infoHash), { signal: waiting.signal }, async () => {
            if (waiting.signal.aborted) return
            request.isHeld = true
            runNext(request, () => request.takeOver()).catch(() => undefined)
            await untilReleased()
          })
          .catch(() => undefined)
      })
    })
  }

  /** Let another tab of this browser have the share. Does nothing when this tab neither holds the lock nor waits for it. */
  release(infoHash: InfoHash): void {
    this.#requests.get(infoHash)?.release()
  }

  /**
   * Resolves when no tab of this browser holds the lock of the share. Errors: `share_open_elsewhere` when one still does
   * after `limitMs`.
   */
  async waitUntilFree(infoHash: InfoHash, limitMs = RELEASE_LIMIT_MS): Promise<void> {
    if (!hasLocks()) return
    try {
      await navigator.locks.request(
        lockOf(infoHash),
        { signal: AbortSignal.timeout(limitMs) },
        () => undefined,
      )
    } catch (reason) {
      throw new AppError('share_open_elsewhere', '', { cause: reason })
    }
  }
}

/** After a failure this tab does not have the share. */
async function runNext(request: LockRequest, run: Run): Promise<void> {
  try {
    await request.runs.add(run)
  } catch (reason) {
    request.release()
    throw reason
  }
}
