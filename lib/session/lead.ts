import type { InfoHash } from '../torrent/ids.ts'

/** What starts a share in this tab; `takesOver`: another tab had it until now. */
type Run = (takesOver: boolean) => Promise<void>

interface Held {
  leading: boolean
  run: Run
  /** The last call of `run`: two at once would both open the same files. */
  running: Promise<void>
  readonly release: () => void
}

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
  if (!('locks' in navigator)) {
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
      held.delete(infoHash)
      waiting.abort()
      released.resolve()
    },
  }
  held.set(infoHash, entry)
  const name = `tabseed:share:${infoHash}`
  const begin = async (takesOver: boolean): Promise<void> => {
    entry.leading = true
    try {
      await runNext(entry, takesOver)
    } catch (reason) {
      stopLeading(infoHash)
      throw reason
    }
  }
  return new Promise((resolve, reject) => {
    void navigator.locks.request(name, { ifAvailable: true }, async lock => {
      if (lock) {
        begin(false).then(() => resolve(true), reject)
        await released.promise
        return
      }
      resolve(false)
      // The lock is asked for anew, and got when the other tab is gone; a takeover that fails is shown by its swarm.
      navigator.locks
        .request(name, { signal: waiting.signal }, async () => {
          await begin(true).catch(() => undefined)
          await released.promise
        })
        .catch(() => undefined)
    })
  })
}

function runNext(entry: Held, takesOver: boolean): Promise<void> {
  entry.running = entry.running.catch(() => undefined).then(() => entry.run(takesOver))
  return entry.running
}

/** Let another tab of this browser have the share. */
export function stopLeading(infoHash: InfoHash): void {
  held.get(infoHash)?.release()
}
