import type { IncomingMessage } from 'node:http'
import { AppError } from '../../../lib/base/errors.ts'
import { AddressRates } from '../../base/address-rates.ts'
import type { Rate } from '../../base/rate-limiter.ts'
import type { RequestOrigin } from '../../http/origin.ts'

/** Least cost of a share in bytes; larger metainfo costs a multiple, rounded up. */
const UNIT_BYTES = 16 * 1024
/** 128 MiB of metainfo, or 8,192 small shares, at once from one address (IPv6: one /64), then 4 KiB a second. */
const RATE: Rate = { burst: 8_192, everyMs: 4_000 }

/** Prevents one address from filling the disk with shares; in memory only. */
export class PublishLimit {
  readonly #origin: RequestOrigin
  readonly #enabled: boolean
  readonly #rates = new AddressRates(RATE)

  /** `enabled`: false for load tests. */
  constructor({ enabled, origin }: { readonly enabled: boolean; readonly origin: RequestOrigin }) {
    this.#origin = origin
    this.#enabled = enabled
  }

  /** Counts `bytes` of metainfo in `request`. Errors: `too_many_shares`. */
  take(request: IncomingMessage, bytes: number): void {
    if (!this.#enabled) return
    const units = Math.max(1, Math.ceil(bytes / UNIT_BYTES))
    if (!this.#rates.take(this.#origin.network(request), units)) throw new AppError('too_many_shares')
  }
}
