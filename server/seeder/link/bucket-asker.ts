import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { BucketAnswer, BucketAsk } from '../../bucket/claims.ts'
import type { FromUploader } from './messages.ts'

/** The server may have to list what a large share has in the bucket. */
const ANSWER_MAX_MS = 150_000
/** What is in the bucket is asked about again: it may be lost there. */
const THERE_MS = 3_600_000

interface Waiting {
  readonly resolve: (answer: BucketAnswer) => void
  readonly reject: (reason: Error) => void
}

/** The database's record of the bucket, as a seeder on another machine sees it: over its connection to the server. */
export class BucketAsker {
  readonly #send: (message: FromUploader) => void
  readonly #waiting = new Map<number, Waiting>()
  /** Until when shares need not be claimed, of a monotonic clock in milliseconds. */
  readonly #there = new Map<InfoHash, number>()
  #lastId = 0

  constructor(send: (message: FromUploader) => void) {
    this.#send = send
  }

  /** Whether the server said lately that all of a share is in the bucket. */
  isThere(infoHash: InfoHash): boolean {
    return performance.now() < (this.#there.get(infoHash) ?? 0)
  }

  /** The server answers. */
  onAnswer(id: number, answer: BucketAnswer): void {
    this.#waiting.get(id)?.resolve(answer)
  }

  /** Nothing that was asked is answered any more. */
  disconnected(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the connection to the server ended'))
  }

  /** See `BucketStore`. Errors: no answer. */
  async claim(infoHash: InfoHash): Promise<boolean> {
    const answer = await this.#ask({ ask: 'claim', infoHash })
    if (answer === 'there') this.#there.set(infoHash, performance.now() + THERE_MS)
    return answer === 'yes'
  }

  /** See `BucketStore`. Errors: no answer. */
  async progress(infoHash: InfoHash, _node: string, openFile: number | null): Promise<boolean> {
    return (await this.#ask({ ask: 'progress', infoHash, openFile })) === 'yes'
  }

  /** See `BucketStore`. Errors: no answer; the server has another bucket. */
  async finish(
    infoHash: InfoHash,
    _node: string,
    { bytes, objects }: { readonly objects: number; readonly bytes: number },
  ): Promise<boolean> {
    const answer = await this.#ask({ ask: 'finish', infoHash, objects, bytes })
    if (answer === 'missing')
      throw new Error(
        'the server does not find in its bucket what was uploaded: TABSEED_BUCKET here and there must be the same',
      )
    if (answer === 'yes') this.#there.set(infoHash, performance.now() + THERE_MS)
    return answer === 'yes'
  }

  async #ask(ask: BucketAsk): Promise<BucketAnswer> {
    const id = ++this.#lastId
    let timer: NodeJS.Timeout | undefined
    const answered = new Promise<BucketAnswer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      timer = setTimeout(() => reject(new Error('the server does not answer')), ANSWER_MAX_MS)
    })
    try {
      this.#send({ report: 'bucket', id, ask })
      const answer = await answered
      if (answer === 'failed') throw new Error('the server could not look into its database or bucket')
      return answer
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(id)
    }
  }
}
