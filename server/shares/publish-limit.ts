import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { addressBytes, clientNetwork } from '../base/address.ts'
import { type Rate, TokenBucket } from '../base/rate-limiter.ts'
import type { RequestOrigin } from '../http/origin.ts'

/** What a share costs at least; larger metainfo costs as many of these as it fills. */
const UNIT_BYTES = 16 * 1024
/** 128 MiB of metainfo, or 8,192 small shares, at once from one address (IPv6: one /64), then 64 KiB a second. */
const RATE: Rate = { burst: 8_192, everyMs: 250 }
/** Addresses that are remembered before those are forgotten that did nothing lately. */
const ADDRESSES_MAX = 10_000

/** Keeps one address from filling the disk with shares; in memory only. */
export class PublishLimit {
  readonly #origin: RequestOrigin
  readonly #on: boolean
  readonly #byNetwork = new Map<string, TokenBucket>()

  /** `on`: false for load tests. */
  constructor(origin: RequestOrigin, on: boolean) {
    this.#origin = origin
    this.#on = on
  }

  /** `request` brings so many bytes of metainfo. Errors: `too_many_shares`. */
  take(request: IncomingMessage, bytes: number): void {
    const address = addressBytes(this.#origin.clientAddress(request) ?? '')
    // Behind a proxy that nobody named everybody has the same address.
    if (!this.#on || address === undefined || this.#origin.isProxyUnknown(request)) return
    const now = Math.floor(performance.now())
    if (this.#byNetwork.size >= ADDRESSES_MAX) this.#sweep(now)
    const network = clientNetwork(address)
    const bucket = this.#byNetwork.get(network) ?? new TokenBucket(RATE)
    this.#byNetwork.set(network, bucket)
    if (!bucket.take(now, Math.max(1, Math.ceil(bytes / UNIT_BYTES)))) throw new AppError('too_many_shares')
  }

  #sweep(now: number): void {
    for (const [network, bucket] of this.#byNetwork) if (bucket.isFull(now)) this.#byNetwork.delete(network)
  }
}
