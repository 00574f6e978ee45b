import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'

/**
 * Memory of the largest renderer of `browser` (a tab with its workers), in bytes: what it holds for itself. Pages of
 * mapped program files, which all processes share, are left out.
 */
export async function rendererMemory(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    return processInfo
      .filter(({ type }) => type === 'renderer')
      .reduce((largest, { id }) => Math.max(largest, privateMemory(id)), 0)
  } finally {
    await session.detach()
  }
}

/** Anonymous and shared memory (Linux `RssAnon` and `RssShmem`, in kB there); 0 for a process that has ended. */
function privateMemory(pid: number): number {
  let status: string
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return 0
  }
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0)
  return 1024 * (kilobytes('RssAnon') + kilobytes('RssShmem'))
}

const SAMPLE_MS = 250

/** Samples the memory of `browser`; `peak()` stops and returns the largest sample, in bytes. */
export function watchMemory(browser: Browser): { peak(): Promise<number> } {
  let watching = true
  const watched = (async () => {
    let peak = 0
    while (watching) {
      peak = Math.max(peak, await rendererMemory(browser))
      await new Promise(resolve => setTimeout(resolve, SAMPLE_MS))
    }
    return peak
  })()
  // The browser is closed when a test fails: that is no error of its own.
  watched.catch(() => undefined)
  return {
    peak: () => {
      watching = false
      return watched
    },
  }
}
