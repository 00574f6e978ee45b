import type { AnnouncedSwarm, SwarmTracker } from './announced-swarm.ts'
import { SocketTracker } from './socket-tracker.ts'
import { type NotTracked, refusalIn } from './tracker-fault.ts'
import type { TrackerSockets } from './tracker-socket.ts'

/** Opens a tracker that is asked over HTTP or UDP (BEP 3, BEP 15); null for a URL of another kind. */
export type OpenClassicTracker = (url: string, swarm: AnnouncedSwarm) => SwarmTracker | null

interface Options {
  readonly sockets: TrackerSockets
  /** Of Node clients; null: those trackers are left out. */
  readonly openClassicTracker: OpenClassicTracker | null
  /** Called with each announce after which every tracker says that it does not track this share, or that its operator blocked it. */
  readonly onNotTracked: (why: NotTracked) => void
}

/** The trackers of one swarm. */
export class SwarmTrackers {
  readonly #trackers: readonly SwarmTracker[]
  readonly #sockets: readonly SocketTracker[]
  readonly #refusals = new Map<string, NotTracked>()

  constructor(swarm: AnnouncedSwarm, urls: readonly string[], options: Options) {
    const { onNotTracked, openClassicTracker, sockets } = options
    // The same tracker, to all clients.
    const different = [...new Set(urls.map(url => url.replace(/\/$/, '')))]
    const named: AnnouncedSwarm = {
      ...swarm,
      onFault: fault => {
        swarm.onFault(fault)
        if (fault.reason === null) this.#refusals.delete(fault.url)
        const refusal = refusalIn(fault.reason)
        if (refusal === null) return
        this.#refusals.set(fault.url, refusal)
        if (this.#refusals.size < this.#trackers.length) return
        const [why = 'share_not_found', ...others] = new Set(this.#refusals.values())
        onNotTracked(others.length === 0 ? why : 'share_not_found')
      },
    }
    const isSocket = (url: string) => /^wss?:/i.test(url)
    this.#sockets = different.filter(isSocket).map(url => new SocketTracker(named, sockets.at(url)))
    const others = different.filter(url => !isSocket(url))
    this.#trackers = [...this.#sockets, ...others.flatMap(url => openClassicTracker?.(url, named) ?? [])]
  }

  /** Of those on a WebSocket, where there are any: the others are not connected between announces. */
  get state(): SwarmTracker['state'] {
    const states = (this.#sockets.length > 0 ? this.#sockets : this.#trackers).map(({ state }) => state)
    if (states.includes('connected')) return 'connected'
    return states.includes('unreachable') ? 'unreachable' : 'connecting'
  }

  start(): void {
    for (const tracker of this.#trackers) tracker.start()
  }

  /** Ask for peers over every open socket; the others announce by themselves once they are open. */
  announceToSockets(): void {
    for (const tracker of this.#sockets) tracker.announce()
  }

  /** See `SwarmTracker`. */
  wake(options: { readonly findPeers: boolean }): void {
    for (const tracker of this.#trackers) tracker.wake(options)
  }

  complete(): void {
    for (const tracker of this.#trackers) tracker.complete()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#trackers.map(tracker => tracker.stop()))
  }
}
