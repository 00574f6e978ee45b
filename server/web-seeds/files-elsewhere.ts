import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { AppError } from '../../lib/base/errors.ts'
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

interface FilesElsewhereOptions {
  /** Those that are there and have all of a share that is published here. */
  readonly holders: (infoHash: InfoHash) => readonly Holder[]
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
   * everybody reaches, else with what a holder says that this server reaches; null where there is none. `path` is still
   * percent-encoded. Errors: `file_not_found`, `server_busy`.
   */
  async answer(hash: string, path: string, request: IncomingMessage): Promise<Reply | null> {
    const { holders, origin, webSeed } = this.#options
    const infoHash = parseInfoHash(hash)
    if (infoHash === null || webSeed.has(infoHash)) return null
    const found = holders(infoHash).filter(({ isOwn }) => !isOwn)
    if (found.length === 0) return null
    const [url] = publicHolders(inAnyOrder(found), origin.publicUrl(request))
    if (url !== undefined) {
      const location = fileOf(url, infoHash, path)
      return { status: 307, headers: { location, 'cache-control': 'no-store' } }
    }
    const inside = found.map(({ insideUrl }) => insideUrl).filter(insideUrl => insideUrl !== '')
    return this.#passOn(inAnyOrder([...new Set(inside)]), infoHash, path, request)
  }

  async #passOn(
    urls: readonly string[],
    infoHash: InfoHash,
    path: string,
    request: IncomingMessage,
  ): Promise<Reply | null> {
    const { holders, log, origin, webSeed } = this.#options
    const network = origin.network(request)
    let isBusy = false
    for (const url of urls) {
      webSeed.requireSlot(network)
      if (this.#asks >= ASKS_MAX) throw new AppError('server_busy')
      const file = fileOf(url, infoHash, path)
      this.#asks += 1
      const answer = await this.#ask(file, request)
        .catch(reason => {
          if (!this.#silent.has(url)) log.warn({ err: reason, url }, 'a seeder does not answer over HTTP')
          this.#silent.add(url)
          return null
        })
        .finally(() => {
          this.#asks -= 1
        })
      if (answer === null) continue
      this.#silent.delete(url)
      const status = answer.statusCode ?? 0
      const names = ANSWER_HEADERS.filter(name => answer.headers[name] !== undefined)
      const headers = Object.fromEntries(names.map(name => [name, answer.headers[name]]))
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
        return { status, headers, body: webSeed.passOn(infoHash, answer, network) }
      answer.resume()
      return { status, headers }
    }
    if (isBusy) throw new AppError('server_busy')
    return null
  }

  /** Resolves to the head of the answer. Errors: the network's. */
  #ask(url: string, request: IncomingMessage): Promise<IncomingMessage> {
    const { origin } = this.#options
    const client = origin.clientAddress(request)
    const headers: OutgoingHttpHeaders = {
      'accept-encoding': 'identity',
      // A holder that trusts this server counts its limits against whoever asks.
      ...(client !== undefined && { 'x-forwarded-for': client }),
    }
    for (const name of REQUEST_HEADERS) if (request.headers[name]) headers[name] = request.headers[name]
    const start = url.startsWith('https:') ? requestHttps : requestHttp
    return new Promise((resolve, reject) => {
      const asked = start(url, {
        method: request.method === 'HEAD' ? 'HEAD' : 'GET',
        headers,
        agent: false,
        timeout: ANSWER_MS,
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
