/** One Ctrl-C may arrive as two signals: the terminal sends it to every process, and npm forwards its own to us. */
const ONE_KEYPRESS_MS = 500

/** Calls `stop` at the first SIGINT or SIGTERM, and `stopNow` at the next, when somebody does not want to wait. */
export function onInterrupt(stop: (signal: NodeJS.Signals) => void, stopNow: () => void): void {
  let stoppedAt: number | null = null
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      const now = performance.now()
      if (stoppedAt === null) {
        stoppedAt = now
        stop(signal)
      } else if (signal === 'SIGTERM' || now - stoppedAt > ONE_KEYPRESS_MS) stopNow()
    })
  }
}
