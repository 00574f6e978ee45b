import type { IncomingMessage } from 'node:http'
import { AppError, type ErrorCode } from '../../../lib/base/errors.ts'
import { AddressRates } from '../../base/address-rates.ts'
import type { Rate } from '../../base/rate-limiter.ts'
import type { RequestOrigin } from '../origin.ts'
import type { Reply } from '../reply.ts'

/** Wrong keys of one address: as many at once as a program that mixes up its keys may send, then one each 10 s. */
const WRONG_KEYS: Rate = { burst: 30, everyMs: 10_000 }

/** Answers to a key that is none. */
const WRONG: ReadonlySet<ErrorCode> = new Set(['owner_key_wrong', 'operator_only', 'token_wrong'])

/** Limits how many wrong keys one address may send. */
export class KeyBrake {
  readonly #origin: RequestOrigin
  readonly #enabled: boolean
  readonly #wrong = new AddressRates(WRONG_KEYS)

  /** `enabled`: false for load tests. */
  constructor({ enabled, origin }: { readonly enabled: boolean; readonly origin: RequestOrigin }) {
    this.#enabled = enabled
    this.#origin = origin
  }

  /** Before a key is looked at. Errors: `too_many_requests`. */
  check(request: IncomingMessage): void {
    if (!this.#enabled || request.headers.authorization === undefined) return
    if (!this.#wrong.has(this.#origin.network(request))) {
      throw new AppError('too_many_requests', 'too many wrong keys')
    }
  }

  /** Counts an answer that refuses the key of its request. */
  count({ error }: Reply, request: IncomingMessage): void {
    if (error !== undefined && WRONG.has(error) && request.headers.authorization !== undefined)
      this.#wrong.take(this.#origin.network(request))
  }
}
