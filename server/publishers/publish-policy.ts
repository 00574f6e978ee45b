import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { SerialQueue } from '../../lib/base/serial-queue.ts'
import type { Publishing } from '../../lib/protocol/publishing.ts'
import type { Config } from '../config/config.ts'
import type { RoutedRequest } from '../http/http.ts'
import type { RequestOrigin } from '../http/origin.ts'
import { ownerKey } from '../http/share-request.ts'
import { type Publishers, publisherOfToken } from './publishers.ts'

/** Who publishes, as their shares are noted; null: nobody in particular. */
export interface Publisher {
  readonly id: string | null
  readonly name: string
  readonly sharesMax: number | null
  readonly expiresAt: string | null
  readonly bytesMax: number | null
}

interface PublishPolicyOptions {
  readonly config: Pick<Config, 'publish' | 'publishUserHeader'>
  readonly origin: RequestOrigin
  readonly publishers: Publishers
  readonly isOperator: (key: string | undefined) => boolean
}

const UNLIMITED = { sharesMax: null, bytesMax: null, expiresAt: null }
/** Longest name that a proxy may give to somebody, in UTF-16 units. */
const USER_MAX = 200

/** Who may publish on this server: the one place that decides it. */
export class PublishPolicy {
  readonly #options: PublishPolicyOptions
  /** By publisher: the shares of one are published one after the other, so that all of them count. */
  readonly #queues = new Map<string, SerialQueue>()

  constructor(options: PublishPolicyOptions) {
    this.#options = options
  }

  /**
   * Who sends `request`, which publishes. Errors: `token_in_query`; with tokens `token_missing`, `token_wrong`,
   * `token_revoked`, `token_expired`; behind a proxy `sign_in_missing`.
   */
  async admit({ query, request }: RoutedRequest): Promise<Publisher> {
    refuseTokenInQuery(query)
    const { config, isOperator, publishers } = this.#options
    if (config.publish === 'open') return { id: null, name: '', ...UNLIMITED }
    if (config.publish === 'proxy') return this.#userOf(request)
    const secret = ownerKey(request)
    if (secret === undefined) throw new AppError('token_missing')
    if (isOperator(secret)) return { id: 'operator', name: 'operator', ...UNLIMITED }
    const token = await publishers.authenticate(secret)
    return { ...token, id: publisherOfToken(token.id) }
  }

  /** Runs `publish` unless `publisher` has as many shares as their token allows. Errors: `token_used_up`, those of `publish`. */
  async withinQuota<Result>(
    { id, sharesMax }: Publisher,
    isKnown: () => Promise<boolean>,
    publish: () => Promise<Result>,
  ): Promise<Result> {
    if (id === null || sharesMax === null) return publish()
    const queue = this.#queues.get(id) ?? new SerialQueue()
    this.#queues.set(id, queue)
    return queue.add(async () => {
      const { shares } = await this.#options.publishers.usageOf(id)
      // To publish again what exists takes nothing.
      if (shares >= sharesMax && !(await isKnown())) {
        throw new AppError('token_used_up', `${shares} of ${sharesMax} shares`)
      }
      return publish()
    })
  }

  /** Whether one more share is within the quota of `publisher`. */
  async hasRoom({ id, sharesMax }: Publisher): Promise<boolean> {
    if (id === null || sharesMax === null) return true
    return (await this.#options.publishers.usageOf(id)).shares < sharesMax
  }

  /**
   * Who asked for files, as their inbox has it, for what others send them; null: everybody publishes by their own right.
   * Errors: `inbox_refused` when they may publish nothing now.
   */
  async lender(id: string | null): Promise<Publisher | null> {
    const { publish } = this.#options.config
    if (id === null || publish === 'open') return null
    if (publish === 'proxy' && id.startsWith('user:'))
      return { id, name: id.slice('user:'.length), ...UNLIMITED }
    if (publish === 'token' && id === 'operator') return { id, name: 'operator', ...UNLIMITED }
    const token =
      publish === 'token'
        ? await this.#options.publishers.holder(id).catch(reason => {
            if (reason instanceof AppError && OVER.has(reason.code)) return undefined
            throw reason
          })
        : undefined
    if (token === undefined) throw new AppError('inbox_refused')
    return { ...token, id }
  }

  /** What whoever sends a request may publish. Errors: as of `admit`, but for those who say nothing of themselves. */
  async describe(call: RoutedRequest): Promise<Publishing> {
    const { publish } = this.#options.config
    const publisher = await this.admit(call).catch(reason => {
      if (reason instanceof AppError && UNNAMED.has(reason.code)) return null
      throw reason
    })
    if (publisher === null || publisher.id === null) return { publish, publisher: null }
    const { bytesMax, expiresAt, id, name, sharesMax } = publisher
    const usage = await this.#options.publishers.usageOf(id)
    return { publish, publisher: { name, ...usage, sharesMax, bytesMax, expiresAt } }
  }

  #userOf(request: IncomingMessage): Publisher {
    const { config, origin } = this.#options
    const names = origin.isFromTrustedProxy(request)
      ? request.headersDistinct[config.publishUserHeader.toLowerCase()]
      : undefined
    // Two: the proxy has let through what the client sent.
    if (names?.length !== 1) throw new AppError('sign_in_missing')
    const name = Buffer.from(names[0] ?? '', 'latin1')
      .toString('utf8')
      .trim()
    if (name === '' || name.length > USER_MAX || /\p{Cc}/u.test(name)) throw new AppError('sign_in_missing')
    return { id: `user:${name}`, name, ...UNLIMITED }
  }
}

const OVER: ReadonlySet<string> = new Set(['token_revoked', 'token_expired'])
const UNNAMED: ReadonlySet<string> = new Set(['token_missing', 'sign_in_missing'])

/** Addresses end up in logs and histories. Errors: `token_in_query`. */
export function refuseTokenInQuery(query: string): void {
  for (const [name, value] of new URLSearchParams(query)) {
    const isNamed = /^(?:access_)?token$|^invit(?:e|ation)$/i.test(name)
    if (isNamed || /^ts[its]_/.test(value)) throw new AppError('token_in_query')
  }
}
