import type { InfoHash } from '../torrent/ids.ts'

/** Shares this tab runs, or waits to run, with how to give that up. */
const held = new Map<InfoHash, { leading: boolean; run: () => Promise<void>; readonly release: () => void }>()

/**
 * Run a share in this tab and no other one of this browser: `run` is called now when no other tab has it (resolves to
 * true), else later, when the tab that has it closes or crashes (false). Called again for the same share, only `run` is
 * replaced, or called if this tab has the share. Without Web Locks (old browsers) every tab runs on its own.
 * Rejects with what `run` rejects with; this tab does not have the share then.
 */
export async function lead(infoHash: InfoHash, run: () => Promise<void>): Promise<boolean> {
  const known = held.get(infoHash)
  if (known) {
    known.run = run
    if (known.leading) await run()
    return known.leading
  }
  if (!('locks' in navigator)) {
    await run()
    return true
  }
  const released = Promise.withResolvers<void>()
  const waiting = new AbortController()
  const entry = {
    leading: false,
    run,
    release: () => {
      held.delete(infoHash)
      waiting.abort()
      released.resolve()
    },
  }
  held.set(infoHash, entry)
  const name = `tabseed:share:${infoHash}`
  const begin = async (): Promise<void> => {
    entry.leading = true
    try {
      await entry.run()
    } catch (reason) {
      stopLeading(infoHash)
      throw reason
    }
  }
  return new Promise((resolve, reject) => {
    void navigator.locks.request(name, { ifAvailable: true }, async lock => {
      if (lock) {
        begin().then(() => resolve(true), reject)
        await released.promise
        return
      }
      resolve(false)
      // The lock is asked for anew, and got when the other tab is gone; a takeover that fails is shown by its swarm.
      navigator.locks
        .request(name, { signal: waiting.signal }, async () => {
          await begin().catch(() => undefined)
          await released.promise
        })
        .catch(() => undefined)
    })
  })
}

/** Let another tab of this browser have the share. */
export function stopLeading(infoHash: InfoHash): void {
  held.get(infoHash)?.release()
}
