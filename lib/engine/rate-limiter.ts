import { TokenBucket, TokenBuckets } from '../base/token-bucket.ts'
import type { RateLimits } from './view/snapshot.ts'

/** Limits of both directions; none until `set`. */
export class RateLimiter {
  readonly download = new TokenBucket()
  readonly upload = new TokenBucket()

  set({ download, upload }: RateLimits): void {
    this.download.setRate(download)
    this.upload.setRate(upload)
  }
}

/** Limits of one share that also keeps to those of all shares of the engine. */
export class ShareLimiter {
  readonly download: TokenBuckets
  readonly upload: TokenBuckets
  readonly #own = new RateLimiter()

  constructor(shared: RateLimiter) {
    this.download = new TokenBuckets(this.#own.download, shared.download)
    this.upload = new TokenBuckets(this.#own.upload, shared.upload)
  }

  set(limits: RateLimits): void {
    this.#own.set(limits)
  }
}
