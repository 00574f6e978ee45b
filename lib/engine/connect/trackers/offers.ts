import { setBackgroundTimeout } from '../../../base/timer.ts'
import type { RtcConnection } from '../rtc-connection.ts'

/** An offer without an answer for this long is withdrawn. */
const OFFER_MAX_MS = 50_000

/** An offer as an announce carries it. */
interface Offer {
  readonly offer: object
  /** 20 bytes, each a character. */
  readonly offer_id: string
}

interface Pending {
  readonly connection: RtcConnection
  readonly limit: ReturnType<typeof setTimeout>
}

interface Early {
  readonly made: Promise<Offer | null>
  /** Null until it is made. */
  offer: Offer | null
}

/** The WebRTC offers that one swarm has made through one tracker, and that nobody has answered yet. */
export class Offers {
  readonly #create: () => RtcConnection | null
  readonly #pending = new Map<string, Pending>()
  #early: readonly Early[] = []

  /** `create` makes a connection whose offer is ours; null: there are no more. */
  constructor(create: () => RtcConnection | null) {
    this.#create = create
  }

  /** Begin `count` offers before they can be sent: gathering candidates takes as long as opening a socket does. */
  prepare(count: number): void {
    this.#early = Array.from({ length: count }, () => {
      const early: Early = { made: this.#make(), offer: null }
      early.made.then(
        offer => {
          early.offer = offer
        },
        () => undefined,
      )
      return early
    })
  }

  /** The prepared offers that are ready; none once they were taken. */
  takePrepared(): readonly Offer[] {
    const offers = this.#early.flatMap(({ offer }) => offer ?? [])
    if (offers.length > 0) this.#early = []
    return offers.filter(offer => this.#isOpen(offer))
  }

  /** Up to `count` offers, prepared ones first: those that this browser has connections for. */
  async make(count: number): Promise<readonly Offer[]> {
    const begun = this.#early.map(({ made }) => made)
    this.#early = []
    const more = Array.from({ length: Math.max(0, count - begun.length) }, () => this.#make())
    const made = await Promise.all([...begun, ...more])
    return made.flatMap(offer => offer ?? []).filter(offer => this.#isOpen(offer))
  }

  /** The connection of an offer that is answered; undefined for one that was never made, or was withdrawn. */
  take(offerId: string): RtcConnection | undefined {
    const pending = this.#pending.get(offerId)
    this.#pending.delete(offerId)
    if (pending) clearTimeout(pending.limit)
    return pending?.connection
  }

  /** No answer can come any more. */
  withdrawAll(): void {
    this.#early = []
    for (const offerId of [...this.#pending.keys()]) this.take(offerId)?.destroy()
  }

  #isOpen({ offer_id }: Offer): boolean {
    return this.#pending.has(offer_id)
  }

  /** Null when the browser has no more connections, or none of the candidates can be had. */
  #make(): Promise<Offer | null> {
    const connection = this.#create()
    if (!connection) return Promise.resolve(null)
    const offer_id = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(20)))
    const limit = setBackgroundTimeout(() => connection.destroy(), OFFER_MAX_MS)
    this.#pending.set(offer_id, { connection, limit })
    return new Promise(resolve => {
      connection.once('description', offer => resolve({ offer, offer_id }))
      connection.once('close', () => {
        this.take(offer_id)
        resolve(null)
      })
    })
  }
}
