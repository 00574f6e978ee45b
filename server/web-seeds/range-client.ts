import { type LookupAddress, lookup } from 'node:dns'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { AppError } from '../../lib/base/errors.ts'
import type { ByteRange } from '../../lib/play/range.ts'

const REDIRECTS_MAX = 3
/** A request fails after this time without data. */
const IDLE_MS = 10_000

/** `dns.lookup` with the option `all`. */
type Resolve = (
  hostname: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

/** Which addresses connections may go to. */
export interface NetworkPolicy {
  /** Whether connections to this IP address are allowed. */
  readonly mayConnect: (address: string) => boolean
  /** Default: the system's resolver. */
  readonly resolve?: Resolve
}

/** `web_seed_unreachable` with the time after which the server wants to be asked again, in milliseconds; 0 if it names none. */
export class RetryLaterError extends AppError {
  readonly retryAfterMs: number

  constructor(detail: string, retryAfterMs: number) {
    super('web_seed_unreachable', detail)
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * Fetches ranges of files (RFC 9110 section 14) from servers that strangers named. Addresses are checked in the look-up of
 * the connection itself, so that a name cannot resolve to another address between check and use (DNS rebinding); each
 * redirect is checked the same way. Each request has a connection of its own.
 */
export class RangeClient {
  readonly #policy: NetworkPolicy
  readonly #signal: AbortSignal

  /** All requests end when `signal` aborts. */
  constructor(policy: NetworkPolicy, signal: AbortSignal) {
    this.#policy = policy
    this.#signal = signal
  }

  /**
   * Passes `range` of the file at `url`, which has `fileLength` bytes, to `sink` in chunks. Errors: `web_seed_private` (an
   * address that is not allowed), `web_seed_unreachable` (no answer, or an error status), `web_seed_wrong` (an answer that
   * is not exactly this range of such a file).
   */
  async fetch(
    url: string,
    range: ByteRange,
    fileLength: number,
    sink: (chunk: Buffer) => void,
  ): Promise<void> {
    const response = await this.#follow(url, range)
    try {
      checkHead(response, range, fileLength)
      let missing = range.end - range.start
      for await (const chunk of response) {
        missing -= (chunk as Buffer).length
        if (missing < 0) throw new AppError('web_seed_wrong', 'more bytes than requested')
        sink(chunk as Buffer)
      }
      if (missing > 0) throw new AppError('web_seed_wrong', `${missing} bytes fewer than requested`)
    } catch (reason) {
      response.destroy()
      throw this.#describe(reason)
    }
  }

  async #follow(start: string, range: ByteRange): Promise<IncomingMessage> {
    let url = new URL(start)
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
      const response = await this.#request(url, range).catch(reason => {
        throw this.#describe(reason)
      })
      const { location } = response.headers
      if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) {
        return response
      }
      response.destroy()
      const next = URL.parse(location, url)
      if (!next || !/^https?:$/.test(next.protocol)) {
        throw new AppError('web_seed_wrong', 'it redirects to a URL that is not http or https')
      }
      url = next
    }
    throw new AppError('web_seed_wrong', `more than ${REDIRECTS_MAX} redirects`)
  }

  #request(url: URL, { start, end }: ByteRange): Promise<IncomingMessage> {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // An IP address is connected to without a look-up, so it is checked here.
    if (isIP(host) !== 0 && !this.#policy.mayConnect(host)) throw new AppError('web_seed_private')
    const secure = url.protocol === 'https:'
    const options = {
      agent: false as const,
      lookup: this.#lookup,
      timeout: IDLE_MS,
      signal: this.#signal,
      headers: { range: `bytes=${start}-${end - 1}`, 'accept-encoding': 'identity', 'user-agent': 'Tabseed' },
    }
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(url, options, resolve)
      request.on('error', reject)
      request.on('timeout', () => {
        request.destroy(new AppError('web_seed_unreachable', `no data for ${IDLE_MS / 1000} s`))
      })
      request.end()
    })
  }

  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    const { resolve = lookup, mayConnect } = this.#policy
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const first = addresses?.[0]
      if (error || !first) callback(error ?? new AppError('web_seed_unreachable', 'no address'), [])
      else if (!addresses.every(({ address }) => mayConnect(address)))
        callback(new AppError('web_seed_private'), [])
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }

  /** Network errors by their code alone, because their messages contain addresses. */
  #describe(reason: unknown): AppError {
    if (reason instanceof AppError) return reason
    if (this.#signal.aborted) return new AppError('web_seed_unreachable', 'too slow')
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : 'no answer'
    return new AppError('web_seed_unreachable', code)
  }
}

function checkHead(response: IncomingMessage, { start, end }: ByteRange, fileLength: number): void {
  const { statusCode: status, headers } = response
  if (status === 200) throw new AppError('web_seed_wrong', 'it ignores Range: 200 instead of 206')
  const seconds = /^\d{1,9}$/.test(headers['retry-after'] ?? '') ? Number(headers['retry-after']) : 0
  if (status !== 206) throw new RetryLaterError(`status ${status}`, seconds * 1000)
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw new AppError('web_seed_wrong', 'it compresses ranges')
  const asked = `bytes ${start}-${end - 1}/${fileLength}`
  if (headers['content-range']?.toLowerCase() !== asked) {
    throw new AppError('web_seed_wrong', `Content-Range is not ${asked}`)
  }
}
