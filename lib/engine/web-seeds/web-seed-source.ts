import type { RangeRequest } from './web-seed-requests.ts'

/** Milliseconds without a byte after which a connection is closed. A slow transfer as a whole has no limit. */
const IDLE_MAX_MS = 20_000

/** Longest wait before a server is requested again, whatever its `Retry-After` says. */
export const RETRY_MAX_MS = 5 * 60_000

/**
 * Why a web seed is not used. Temporary: `unreachable` (no answer, or a broken connection), `busy` (408, 425, 429, 5xx),
 * `stalled`. Permanent: `not_found` (404, 410), `refused` (another status), `no_ranges` (it sends whole files only),
 * `wrong_range`, `wrong_length` (not the requested part), `false_pieces` (pieces that fail their hash), `bad_url`.
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

/** A failed request to a web seed. */
export class WebSeedError extends Error {
  override readonly name = 'WebSeedError'
  readonly fault: WebSeedFault
  /** Milliseconds from the server's `Retry-After` (RFC 9110 section 10.2.3); null without one. */
  readonly retryAfter: number | null

  constructor(fault: WebSeedFault, retryAfter: number | null = null, options?: ErrorOptions) {
    super(fault, options)
    this.fault = fault
    this.retryAfter = retryAfter
  }

  /** True for a failure after which a later request may succeed. */
  get temporary(): boolean {
    return this.fault === 'unreachable' || this.fault === 'busy' || this.fault === 'stalled'
  }
}

interface FetchRangeOptions {
  readonly signal: AbortSignal
  /** Gets the bytes in order as they arrive; they are valid until it returns. A returned promise pauses the transfer. */
  readonly onBytes: (bytes: Uint8Array) => Promise<void> | void
}

/**
 * Fetch one range of a file, strictly: the response must be 206 with exactly this range (RFC 9110 section 14), or 200 when
 * the range is the whole file, and have exactly the requested length. Anything else ends the connection at once.
 * No cookies, no cache. Errors: `WebSeedError`; the reason of `signal` when it aborts.
 */
export async function fetchRange(request: RangeRequest, options: FetchRangeOptions): Promise<void> {
  const { onBytes, signal } = options
  signal.throwIfAborted()
  const attempt = new AbortController()
  const abort = () => attempt.abort()
  signal.addEventListener('abort', abort)
  const idle = new IdleTimeout(abort)
  try {
    const response = await fetch(request.url, {
      headers: { range: `bytes=${request.from}-${request.from + request.length - 1}` },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'follow',
      referrerPolicy: 'no-referrer',
      signal: attempt.signal,
    })
    checkResponse(response, request)
    const body = openBody(response.body ?? new Blob().stream())
    let missing = request.length
    for (;;) {
      idle.start()
      const { done, value } = await body()
      if (done) break
      missing -= value.length
      if (missing < 0) throw new WebSeedError('wrong_length')
      const wait = onBytes(value)
      if (!wait) continue
      idle.stop()
      await wait
    }
    if (missing > 0) throw new WebSeedError('unreachable')
  } catch (reason) {
    signal.throwIfAborted()
    if (reason instanceof WebSeedError) throw reason
    throw new WebSeedError(idle.over ? 'stalled' : 'unreachable', null, { cause: reason })
  } finally {
    idle.stop()
    signal.removeEventListener('abort', abort)
    // Drops the rest of the body.
    abort()
  }
}

/** Small enough to stay in the processor's cache until it is copied. */
const CHUNK_BYTES = 256 * 1024

/** Reads a body chunk by chunk, into the same memory where possible: a chunk is valid until the next read. */
function openBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): () => Promise<ReadableStreamReadResult<Uint8Array>> {
  let reader: ReadableStreamBYOBReader
  try {
    reader = body.getReader({ mode: 'byob' })
  } catch {
    // Not a byte stream (Safari).
    const plain = body.getReader()
    return () => plain.read()
  }
  let chunk = new Uint8Array(CHUNK_BYTES)
  return async () => {
    const { done, value } = await reader.read(chunk)
    if (done || !value) return { done: true, value: undefined }
    chunk = new Uint8Array(value.buffer)
    return { done, value }
  }
}

/** Closes a connection that is idle for too long; with one timer, because a fast one has thousands of chunks a second. */
class IdleTimeout {
  readonly #end: () => void
  #activeAt = performance.now()
  #timer: ReturnType<typeof setTimeout> | null = null
  over = false

  constructor(end: () => void) {
    this.#end = end
    this.start()
  }

  /** From now on we wait for the server. */
  start(): void {
    this.#activeAt = performance.now()
    this.#timer ??= setTimeout(() => this.#check(), IDLE_MAX_MS)
  }

  /** We do not wait for the server. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #check(): void {
    const left = this.#activeAt + IDLE_MAX_MS - performance.now()
    this.over = left <= 0
    if (this.over) this.#end()
    else this.#timer = setTimeout(() => this.#check(), left)
  }
}

function checkResponse({ headers, status }: Response, { fileLength, from, length }: RangeRequest): void {
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
  // Compressed bytes would be different ones: a declared length must be the requested one.
  const declared = headers.get('content-length')
  if (declared !== null && Number(declared) !== length) throw new WebSeedError('wrong_length')
}

function faultOfStatus(status: number, headers: Headers): WebSeedError {
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return new WebSeedError('busy', parseRetryAfter(headers.get('retry-after'), Date.now()))
  }
  return new WebSeedError(status === 404 || status === 410 ? 'not_found' : 'refused')
}

/** Milliseconds until a `Retry-After` in seconds or as a date, from 0 to `RETRY_MAX_MS`; null for anything else. */
export function parseRetryAfter(value: string | null, now: number): number | null {
  const text = value?.trim() ?? ''
  const wait = /^\d+$/.test(text)
    ? 1000 * Number(text)
    : /GMT$/.test(text)
      ? Date.parse(text) - now
      : Number.NaN
  return Number.isNaN(wait) ? null : Math.min(RETRY_MAX_MS, Math.max(0, wait))
}
