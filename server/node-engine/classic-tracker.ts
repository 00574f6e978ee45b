import Client from 'bittorrent-tracker/client'
import type { AnnouncedSwarm, SwarmTracker } from '../../lib/engine/connect/trackers/announced-swarm.ts'
import { reasonOf } from '../../lib/engine/connect/trackers/tracker-fault.ts'

/** A tracker over HTTP (BEP 3, 23) or UDP (BEP 15); null for another URL. */
export const openClassicTracker = (url: string, swarm: AnnouncedSwarm): SwarmTracker | null =>
  /^(https?|udp):/i.test(url) ? new ClassicTracker(url, swarm) : null

/** A swarm at one tracker by bittorrent-tracker's client, which has one tracker only: so it is known which one fails. */
class ClassicTracker implements SwarmTracker {
  readonly #url: string
  readonly #swarm: AnnouncedSwarm
  #client: Client | null = null
  #state: SwarmTracker['state'] = 'connecting'

  constructor(url: string, swarm: AnnouncedSwarm) {
    this.#url = url
    this.#swarm = swarm
  }

  /** As its last answer was. */
  get state(): SwarmTracker['state'] {
    return this.#state
  }

  start(): void {
    const { addAddress, infoHash, onCounts, peerId, port, progress } = this.#swarm
    const client = new Client({
      infoHash,
      peerId,
      announce: [this.#url],
      port: port(),
      getAnnounceOpts: progress,
    })
    this.#client = client
    client.on('peer', addAddress)
    client.on('update', ({ complete, incomplete }) => {
      this.#answered('connected', null)
      onCounts({ complete: countOf(complete), incomplete: countOf(incomplete) })
    })
    const fail = (reason: Error) => this.#answered('unreachable', reasonOf(reason, this.#url))
    client.on('warning', fail)
    client.on('error', fail)
    client.start()
  }

  announce(): void {
    this.#client?.update()
  }

  wake({ findPeers }: { readonly findPeers: boolean }): void {
    if (findPeers) this.announce()
  }

  complete(): void {
    this.#client?.complete()
  }

  async stop(): Promise<void> {
    const client = this.#client
    this.#client = null
    if (!client) return
    client.stop()
    // It waits a moment for the answer.
    await new Promise<void>(resolve => client.destroy(resolve))
  }

  #answered(state: SwarmTracker['state'], reason: string | null): void {
    this.#state = state
    this.#swarm.onFault({ url: this.#url, reason })
  }
}

/** Untrusted: what is no number counts as not said. */
const countOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null
