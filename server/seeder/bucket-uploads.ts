import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import { Health } from '../bucket/health.ts'
import { BucketError, type Objects } from '../bucket/objects.ts'
import { Uploads } from '../bucket/uploads.ts'
import { BucketAsker } from './link/bucket-asker.ts'
import type { FromUploader, ToUploader } from './link/messages.ts'
import type { ServedCopies } from './served-copies.ts'

const TICK_MS = 2_000

interface BucketUploadsOptions {
  readonly objects: Objects
  readonly copies: ServedCopies
  readonly send: (message: FromUploader) => void
  readonly log: Log
}

/**
 * Brings what a seeder on a machine of its own has completely into the bucket, while its server says that it has the same one. The
 * server's database says what is there, and who uploads what: a share is uploaded by one seeder or server at a time.
 */
export class BucketUploads {
  readonly #options: BucketUploadsOptions
  readonly #asker: BucketAsker
  readonly #health: Health
  readonly #uploads: Uploads
  readonly #timer: NodeJS.Timeout
  /** Of the time in which the server takes uploads; null: it does not, or there is no connection. */
  #allowed: AbortController | null = null
  #round: Promise<void> | null = null

  constructor(options: BucketUploadsOptions) {
    const { log, objects, send } = options
    this.#options = options
    this.#asker = new BucketAsker(send)
    this.#health = new Health(log)
    this.#uploads = new Uploads({
      ...{ objects, log, store: this.#asker },
      // The server knows who asks.
      node: () => '',
      onSent: () => this.#health.succeeded(),
    })
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  onServer(message: ToUploader): void {
    if (message.do === 'answer') this.#asker.onAnswer(message.id, message.answer)
    else {
      this.#allowed ??= new AbortController()
      this.#tick()
    }
  }

  /** Whether the server takes uploads. */
  get isAllowed(): boolean {
    return this.#allowed !== null
  }

  /** Another one may go on with what is being uploaded; so does this one when it is connected again. */
  disconnected(): void {
    this.#allowed?.abort()
    this.#allowed = null
    this.#asker.disconnected()
  }

  /** A share is to go: nothing of it is on its way to the bucket in a moment. */
  drop(infoHash: InfoHash): void {
    this.#uploads
      .stop(infoHash)
      .catch(reason => this.#options.log.error({ err: reason, infoHash }, 'an upload does not end'))
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.disconnected()
    await this.#round
    this.#options.objects.close()
  }

  #tick(): void {
    const signal = this.#allowed?.signal
    if (!signal || this.#round !== null || !this.#health.mayAsk) return
    this.#round = this.#uploadAll(signal)
      .catch(reason => {
        if (signal.aborted) return
        if (reason instanceof BucketError) this.#health.failed(reason.message)
        else this.#options.log.error({ err: reason }, 'nothing is uploaded to the bucket now')
      })
      .finally(() => {
        this.#round = null
      })
  }

  async #uploadAll(signal: AbortSignal): Promise<void> {
    const { copies } = this.#options
    for (const infoHash of [...copies.complete()]) {
      signal.throwIfAborted()
      if (this.#asker.isThere(infoHash) || !this.#uploads.mayTry(infoHash)) continue
      const share = copies.find(infoHash)
      if (share?.complete) await this.#uploads.run(share, signal)
    }
  }
}
