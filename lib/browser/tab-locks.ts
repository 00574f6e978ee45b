import { AppError } from '../base/errors.ts'
import type { InfoHash } from '../torrent/ids.ts'

/** A tab that was asked to let go of a share needs no longer than this. */
const FREE_LIMIT_MS = 10_000

/** What starts a share in this tab; `takesOver`: another tab had it until now. */
type Run = (takesOver: boolean) => Promise<void>

interface Held {
  leading: boolean
  run: Run
  /** The last call of `run`: two at once would both open the same files. */
  running: Promise<void>
  readonly release: () => void
}

const lockOf = (infoHash: InfoHash): string => `tabseed:share:${infoHash}`

/** In a sandbox, browsers have locks and refuse them. */
const hasLocks = (): boolean => 'locks' in navigator && globalThis.origin !== 'null'

/** Shares this tab runs, or waits to run, with how to give that up. */
const held = new Map<InfoHash, Held>()

/** True when this tab runs the share or will as soon as the tab that does is gone. */
export const isHeld = (infoHash: InfoHash): boolean => held.has(infoHash)

/**
 * Run a share in this tab and no other one of this browser: `run` is called now when no other tab has it (resolves to
 * true), else later, when the tab that has it closes or crashes (false). Called again for the same share, only `run` is
 * replaced, or called if this tab has the share. Without Web Locks (old browsers) every tab runs on its own.
 * Rejects with what `run` rejects with; this tab does not have the share then.
 */
export async function lead(infoHash: InfoHash, run: Run): Promise<boolean> {
  const known = held.get(infoHash)
  if (known) {
    known.run = run
    if (known.leading) await runNext(known, false)
    return known.leading
  }
  if (!hasLocks()) {
    await run(false)
    return true
  }
  const released = Promise.withResolvers<void>()
  const waiting = new AbortController()
  const entry: Held = {
    leading: false,
    run,
    running: Promise.resolve(),
    release: () => {
      if (held.get(infoHash) === entry) held.delete(infoHash)
      waiting.abort()
      released.resolve()
    },
  }
  held.set(infoHash, entry)
  const begin = (takesOver: boolean): Promise<void> => {
    entry.leading = true
    return runNext(entry, takesOver)
  }
  const end = async (): Promise<void> => {
    await released.promise
    // Who comes next would open the same files.
    await entry.running.catch(() => undefined)
  }
  return new Promise((resolve, reject) => {
    void navigator.locks.request(lockOf(infoHash), { ifAvailable: true }, async lock => {
      // Given up before it began.
      if (waiting.signal.aborted) return resolve(false)
      if (lock) {
        begin(false).then(() => resolve(true), reject)
        return end()
      }
      resolve(false)
      // The lock is asked for anew, and got when the other tab is gone; a takeover that fails is shown by its swarm.
      navigator.locks
        .request(lockOf(infoHash), { signal: waiting.signal }, async () => {
          if (waiting.signal.aborted) return
          void begin(true).catch(() => undefined)
          await end()
        })
        .catch(() => undefined)
    })
  })
}

/** After a failure this tab does not have the share. */
function runNext(entry: Held, takesOver: boolean): Promise<void> {
  entry.running = entry.running
    .catch(() => undefined)
    .then(() => entry.run(takesOver))
    .catch(reason => {
      entry.release()
      throw reason
    })
  return entry.running
}

/** Let another tab of this browser have the share. */
export function stopLeading(infoHash: InfoHash): void {
  held.get(infoHash)?.release()
}

/**
 * Resolves when no tab of this browser runs the share (any more). Errors: `share_open_elsewhere` when one still does
 * after `limitMs`.
 */
export async function whenFree(infoHash: InfoHash, limitMs = FREE_LIMIT_MS): Promise<void> {
  if (!hasLocks()) return
  try {
    await navigator.locks.request(lockOf(infoHash), { signal: AbortSignal.timeout(limitMs) }, () => undefined)
  } catch (reason) {
    throw new AppError('share_open_elsewhere', '', { cause: reason })
  }
}
