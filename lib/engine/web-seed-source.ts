import type { RangeRequest } from './web-seed-requests.ts'

/** Milliseconds without a byte after which a connection is given up. There is no limit to the whole: a slow one is slow. */
const IDLE_MAX_MS = 20_000

/** An HTTP server is not asked again any later than this, whatever it says. */
export const RETRY_MAX_MS = 5 * 60_000

/**
 * Why a web seed is not fetched from. For now: `unreachable` (no answer, or it broke off), `busy` (408, 425, 429, 5xx),
 * `stalled`. For good: `not_found` (404, 410), `refused` (another status), `no_ranges` (it sends whole files only),
 * `wrong_range`, `wrong_length` (not the part that was asked for), `false_pieces` (other bytes), `bad_url`.
 */
export type WebSeedFault =
  | 'unreachable'
  | 'busy'
  | 'stalled'
  | 'not_found'
  | 'refused'
  | 'no_ranges'
  | 'wrong_range'
  | 'wrong_length'
  | 'false_pieces'
  | 'bad_url'

/** A request to a web seed that failed. */
export class WebSeedError extends Error {
  override readonly name = 'WebSeedError'
  readonly fault: WebSeedFault
  /** Milliseconds after which the server wants to be asked again (RFC 9110 section 10.2.3); null: it did not say. */
  readonly retryAfter: number | null

  constructor(fault: WebSeedFault, retryAfter: number | null = null, options?: ErrorOptions) {
    super(fault, options)
    this.fault = fault
    this.retryAfter = retryAfter
  }

  /** It may be otherwise later. */
  get passes(): boolean {
    return this.fault === 'unreachable' || this.fault === 'busy' || this.fault === 'stalled'
  }
}

interface FetchRangeOptions {
  readonly signal: AbortSignal
  /** Gets the bytes in order as they arrive; what it returns is waited for, and the server with it. */
  readonly onBytes: (bytes: Uint8Array) => Promise<void> | void
}

/**
 * Fetch one range of a file, believing nothing: the answer must be 206 with exactly this range (RFC 9110 section 14), or
 * 200 when the range is the whole file, and have exactly so many bytes. Anything else ends the connection at once.
 * No cookies, no cache. Errors: `WebSeedError`; the reason of `signal` when that aborts.
 */
export async function fetchRange(request: RangeRequest, options: FetchRangeOptions): Promise<void> {
  const { onBytes, signal } = options
  signal.throwIfAborted()
  const attempt = new AbortController()
  const abort = () => attempt.abort()
  signal.addEventListener('abort', abort)
  let stalled = false
  const inTime = async <T>(step: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => {
      stalled = true
      abort()
    }, IDLE_MAX_MS)
    try {
      return await step
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    const response = await inTime(
      fetch(request.url, {
        headers: { range: `bytes=${request.from}-${request.from + request.length - 1}` },
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'follow',
        referrerPolicy: 'no-referrer',
        signal: attempt.signal,
      }),
    )
    checkAnswer(response, request)
    const body = (response.body ?? new Blob().stream()).getReader()
    let missing = request.length
    for (;;) {
      const { done, value } = await inTime(body.read())
      if (done) break
      missing -= value.length
      if (missing < 0) throw new WebSeedError('wrong_length')
      await onBytes(value)
    }
    if (missing > 0) throw new WebSeedError('unreachable')
  } catch (reason) {
    signal.throwIfAborted()
    if (reason instanceof WebSeedError) throw reason
    throw new WebSeedError(stalled ? 'stalled' : 'unreachable', null, { cause: reason })
  } finally {
    signal.removeEventListener('abort', abort)
    // Whatever of the body is still on its way is not wanted.
    abort()
  }
}

function checkAnswer({ headers, status }: Response, { fileLength, from, length }: RangeRequest): void {
  if (status === 200) {
    if (length !== fileLength) throw new WebSeedError('no_ranges')
  } else if (status === 206) {
    const range = headers.get('content-range') ?? ''
    const last = from + length - 1
    const [, first, end, total] = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i.exec(range.trim()) ?? []
    const fits = Number(first) === from && Number(end) === last
    if (!fits || (total !== '*' && Number(total) !== fileLength)) throw new WebSeedError('wrong_range')
  } else {
    throw faultOfStatus(status, headers)
  }
  // Compressed bytes are others: the length of what was asked for must stand there, if any does.
  const declared = headers.get('content-length')
  if (declared !== null && Number(declared) !== length) throw new WebSeedError('wrong_length')
}

function faultOfStatus(status: number, headers: Headers): WebSeedError {
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return new WebSeedError('busy', parseRetryAfter(headers.get('retry-after'), Date.now()))
  }
  return new WebSeedError(status === 404 || status === 410 ? 'not_found' : 'refused')
}

/** Milliseconds until a `Retry-After` of seconds or of a date, from 0 to `RETRY_MAX_MS`; null for anything else. */
export function parseRetryAfter(value: string | null, now: number): number | null {
  const text = value?.trim() ?? ''
  const wait = /^\d+$/.test(text)
    ? 1000 * Number(text)
    : /GMT$/.test(text)
      ? Date.parse(text) - now
      : Number.NaN
  return Number.isNaN(wait) ? null : Math.min(RETRY_MAX_MS, Math.max(0, wait))
}
