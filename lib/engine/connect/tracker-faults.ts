import type { TrackerClient, TrackerSocket } from '../webtorrent-types.ts'

/** What a tracker said instead of an answer, or why it could not be reached; null: it answered. Untrusted text. */
export interface TrackerFault {
  readonly url: string
  readonly reason: string | null
}

const patched = new WeakSet<object>()

/**
 * Calls `onFault` whenever a tracker of `client` fails or answers. bittorrent-tracker says which one it was in some of its
 * messages only, so each tracker gets a client of its own that knows, and passes everything on.
 */
export function nameFaults(client: TrackerClient, onFault: (fault: TrackerFault) => void): void {
  for (const tracker of client._trackers) {
    const { announceUrl: url } = tracker
    const emit = (event: string, ...rest: readonly unknown[]) => {
      if (event === 'warning') onFault({ url, reason: reasonOf(rest[0], url) })
      if (event === 'update') onFault({ url, reason: null })
      return client.emit(event, ...rest)
    }
    tracker.client = Object.create(client, { emit: { value: emit } })
    tellWhy(tracker)
  }
}

/** Sockets drop the reason that Node gives: a refused connection, another status than 101. Browsers give none. */
function tellWhy({ socket }: TrackerSocket): void {
  const prototype = socket ? Object.getPrototypeOf(socket) : null
  if (prototype === null || patched.has(prototype)) return
  patched.add(prototype)
  const handle = prototype._handleError
  prototype._handleError = function (event: { readonly error?: unknown }) {
    if (event.error instanceof Error) this.destroy(event.error)
    else handle.call(this, event)
  }
}

function reasonOf(error: unknown, url: string): string {
  if (!(error instanceof Error)) return String(error)
  // `fetch` wraps the error that says why; a host with several addresses fails once for each.
  const next = error instanceof AggregateError ? error.errors[0] : error.cause
  if (next instanceof Error) return reasonOf(next, url)
  if (error.name === 'AbortError') return 'no answer in time'
  return error.message.replace(` (${url})`, '')
}
