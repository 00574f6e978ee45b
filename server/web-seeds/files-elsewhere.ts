import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import { AppError } from '../../lib/base/errors.ts'
import type { ByteRange } from '../../lib/play/range.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { RequestOrigin } from '../http/origin.ts'
import type { Reply } from '../http/reply.ts'
import type { WebSeed } from './web-seed.ts'

/** Who has all of a share and answers over HTTP, at origins that its operator configured; empty where there is none. */
export interface Holder {
  /** For everybody. */
  readonly url: string
  /** For servers alone. */
  readonly insideUrl: string
  /** It is this server's own. */
  readonly isOwn: boolean
}

/** What is known of the file that this server seems to have, if it does. */
export type OwnFile = 'good' | 'damaged'

interface FilesElsewhereOptions {
  /** Those that are there and have all of a share that is published here. */
  readonly holders: (infoHash: InfoHash) => readonly Holder[]
  /** Where a file is besides; null or left out: nowhere. */
  readonly bucketLink?: ((infoHash: InfoHash, path: string) => Promise<string | null>) | undefined
  readonly webSeed: WebSeed
  readonly origin: RequestOrigin
  readonly log: Log
}

/** Query of a request that another server sent, or sent a reader with: it is answered with what is here, or not at all. */
const HERE = 'here=1'
export const isForHere = (query: string): boolean => query.split('&').includes(HERE)

/** Most holders of a share that are named at a time. */
const NAMED_MAX = 3
/** Most requests to holders that wait for their answers. */
const ASKS_MAX = 64
/** A holder that does not begin its answer in this time is passed over, and one that sends nothing for so long is cut off. */
const ANSWER_MS = 5_000
const SILENCE_MS = 60_000

/** What of a request matters to the holder, and what of its answer to the reader. */
const REQUEST_HEADERS = [
  'range',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
]
const ANSWER_HEADERS = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
]
/** Everything else that a holder answers means that it cannot. */
const ANSWERS = new Set([200, 206, 304, 412, 416])

/** Origins of holders that readers of `origin` may be sent to: never from https to http. */
export function publicHolders(holders: readonly Holder[], origin: string): readonly string[] {
  const urls = holders.map(({ url }) => url).filter(url => url !== '' && url !== origin)
  const safe = origin.startsWith('https:') ? urls.filter(url => url.startsWith('https:')) : urls
  return [...new Set(safe)].slice(0, NAMED_MAX)
}

/** Files that this server does not have, and others do. */
export class FilesElsewhere {
  readonly #options: FilesElsewhereOptions
  /** Origins that did not answer the last time. */
  readonly #silent = new Set<string>()
  /** Requests to holders that wait for their answers. */
  #asks = 0

  constructor(options: FilesElsewhereOptions) {
    this.#options = options
  }

  /**
   * Answers `GET` or `HEAD /w/<infohash>/<path>` of a share that this server does not have completely: with 307 to a holder that
   * everybody reaches, else with what a holder says that this server reaches; null where there is none. With `damaged`
   * this server seems to have it, and has not. `path` is still percent-encoded. Errors: `file_not_found`, `server_busy`.
   */
  async answer(
    hash: string,
    path: string,
    request: IncomingMessage,
    own: OwnFile = 'good',
  ): Promise<Reply | null> {
    const { origin, webSeed } = this.#options
    const infoHash = parseInfoHash(hash)
    if (infoHash === null || (own === 'good' && webSeed.has(infoHash))) return null
    const found = this.#others(infoHash)
    if (found.length === 0) return null
    const [url] = publicHolders(inAnyOrder(found), origin.publicUrl(request))
    if (url !== undefined) {
      const location = fileOf(url, infoHash, path)
      return { status: 307, headers: { location, 'cache-control': 'no-store' } }
    }
    const inside = found.map(({ insideUrl }) => insideUrl).filter(insideUrl => insideUrl !== '')
    return this.#passOn(inAnyOrder([...new Set(inside)]), infoHash, path, request)
  }

  /**
   * Part of a file that this server began to send to whoever made `request`, and cannot go on with, from a holder or the bucket; null
   * where nobody has it. Each is asked once.
   */
  async rest(
    hash: string,
    path: string,
    request: IncomingMessage,
    { end, start }: ByteRange,
    signal: AbortSignal,
  ): Promise<Readable | null> {
    const infoHash = parseInfoHash(hash)
    if (infoHash === null) return null
    const range = `bytes=${start}-${end - 1}`
    const accept = (answer: IncomingMessage | null) => {
      const given = answer?.headers['content-range'] ?? ''
      if (answer?.statusCode === 206 && given.startsWith(`bytes ${start}-${end - 1}/`)) return answer
      answer?.destroy()
      return null
    }
    const urls = this.#others(infoHash).map(({ insideUrl, url }) => insideUrl || url)
    for (const url of inAnyOrder([...new Set(urls)]).slice(0, NAMED_MAX)) {
      const headers = { ...this.#forwarded(request), range }
      const answer = accept(await this.#ask(url, fileOf(url, infoHash, path), { headers, signal }))
      if (answer !== null) return answer
    }
    const link = await this.#options.bucketLink?.(infoHash, path)
    return link ? accept(await this.#ask(new URL(link).origin, link, { headers: { range }, signal })) : null
  }

  #others(infoHash: InfoHash): readonly Holder[] {
    return this.#options.holders(infoHash).filter(({ isOwn }) => !isOwn)
  }

  async #passOn(
    urls: readonly string[],
    infoHash: InfoHash,
    path: string,
    request: IncomingMessage,
  ): Promise<Reply | null> {
    const { holders, origin, webSeed } = this.#options
    const network = origin.network(request)
    const headers = this.#forwarded(request)
    for (const name of REQUEST_HEADERS) if (request.headers[name]) headers[name] = request.headers[name]
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    let isBusy = false
    for (const url of urls) {
      webSeed.requireSlot(network)
      const answer = await this.#ask(url, fileOf(url, infoHash, path), { method, headers })
      if (answer === null) continue
      const status = answer.statusCode ?? 0
      const names = ANSWER_HEADERS.filter(name => answer.headers[name] !== undefined)
      const passed = Object.fromEntries(names.map(name => [name, answer.headers[name]]))
      if (!ANSWERS.has(status)) {
        isBusy ||= status === 503
        answer.destroy()
        continue
      }
      try {
        // It may have been taken down meanwhile, and others may have come.
        if (holders(infoHash).length === 0) throw new AppError('share_not_held')
        webSeed.requireSlot(network)
      } catch (reason) {
        answer.destroy()
        throw reason
      }
      if (request.method !== 'HEAD' && status < 300)
        return { status, headers: passed, body: webSeed.passOn(infoHash, answer, network) }
      answer.resume()
      return { status, headers: passed }
    }
    if (isBusy) throw new AppError('server_busy')
    return null
  }

  /** A holder that trusts this server counts its limits against whoever asks. */
  #forwarded(request: IncomingMessage): OutgoingHttpHeaders {
    const client = this.#options.origin.clientAddress(request)
    return client === undefined ? {} : { 'x-forwarded-for': client }
  }

  /** Resolves to the head of what the server at `origin` answers; null: nothing, in time. Errors: `server_busy`. */
  async #ask(origin: string, file: string, options: AskOptions): Promise<IncomingMessage | null> {
    if (this.#asks >= ASKS_MAX) throw new AppError('server_busy')
    this.#asks += 1
    try {
      const answer = await ask(file, options)
      this.#silent.delete(origin)
      return answer
    } catch (reason) {
      if (options.signal?.aborted) return null
      // Not the address of the file: that of a bucket is signed.
      const what = { err: reason, url: origin }
      if (!this.#silent.has(origin)) this.#options.log.warn(what, 'a seeder does not answer over HTTP')
      this.#silent.add(origin)
      return null
    } finally {
      this.#asks -= 1
    }
  }
}

interface AskOptions {
  readonly method?: 'GET' | 'HEAD'
  readonly headers: OutgoingHttpHeaders
  /** Ends the answer too. */
  readonly signal?: AbortSignal
}

/** Resolves to the head of the answer. Errors: the network's. */
function ask(url: string, { headers, method = 'GET', signal }: AskOptions): Promise<IncomingMessage> {
  const start = url.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const asked = start(url, {
      method,
      headers: { 'accept-encoding': 'identity', ...headers },
      agent: false,
      timeout: ANSWER_MS,
      ...(signal && { signal }),
    })
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')))
    asked.once('error', reject)
    asked.once('response', answer => {
      asked.setTimeout(SILENCE_MS)
      resolve(answer)
    })
    asked.end()
  })
}

/** Address of a file at a holder. Errors: `file_not_found` for a path that would lead out of the share. */
function fileOf(origin: string, infoHash: InfoHash, path: string): string {
  const base = `${origin}/w/${infoHash}/`
  const url = URL.parse(base + path)
  if (!url?.href.startsWith(base) || url.search !== '' || url.hash !== '')
    throw new AppError('file_not_found')
  return `${url.href}?${HERE}`
}

function inAnyOrder<T>(list: readonly T[]): readonly T[] {
  return list
    .map(item => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
