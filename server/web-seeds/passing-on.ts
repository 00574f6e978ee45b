import { Transform, type TransformCallback } from 'node:stream'

/** Passes bytes on as `allow` lets them, which waits until so many may be sent, and rejects when `signal` aborts. */
export class PassingOn extends Transform {
  readonly #allow: (bytes: number, signal: AbortSignal) => Promise<void>
  readonly #ended = new AbortController()

  constructor(allow: (bytes: number, signal: AbortSignal) => Promise<void>) {
    super()
    this.#allow = allow
  }

  override _transform(chunk: Buffer, _encoding: string, callback: TransformCallback): void {
    this.#allow(chunk.length, this.#ended.signal).then(() => callback(null, chunk), callback)
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#ended.abort()
    callback(error)
  }
}
