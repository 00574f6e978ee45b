import { BackOff } from '../base/back-off.ts'
import { AppError, toAppError } from '../base/errors.ts'

/** Waits between two tries, in milliseconds. */
const RETRY = { firstMs: 1_000, maxMs: 10_000 }

interface WaitOptions {
  readonly signal: AbortSignal
  /** The server went away, or is back. */
  readonly onAway: (isAway: boolean) => void
}

/**
 * What `task` gives, which is tried again while the server cannot be reached or is restarting. Errors: others of `task`,
 * `cancelled`.
 */
export async function whenReachable<Result>(
  task: () => Promise<Result>,
  { onAway, signal }: WaitOptions,
): Promise<Result> {
  const backOff = new BackOff(RETRY)
  for (;;) {
    if (signal.aborted) throw new AppError('cancelled')
    try {
      const result = await task()
      if (backOff.failures > 0) onAway(false)
      return result
    } catch (reason) {
      if (!isAway(toAppError(reason))) throw reason
      onAway(true)
      await pause(backOff.next(), signal)
    }
  }
}

/** An answer that says our request is at fault (HTTP 4xx) would be the same again. */
const isAway = ({ code, detail }: AppError): boolean =>
  (code === 'server_unreachable' && !detail.startsWith('HTTP 4')) ||
  code === 'server_busy' ||
  code === 'server_stopping'

/** Also over when `signal` aborts. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true })
  })
