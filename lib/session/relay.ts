import type { RateLimits, SwarmSnapshot } from '../engine/snapshot.ts'
import type { InfoHash } from '../torrent/ids.ts'

/** What the person does to a share, wherever it runs. */
export type Command =
  | { readonly do: 'pause' | 'resume' | 'leave' | 'remove' | 'markSaved' }
  | { readonly do: 'select'; readonly files: readonly number[] }
  | { readonly do: 'setLimits'; readonly limits: RateLimits }

type Message =
  | { readonly kind: 'swarms'; readonly tab: string; readonly swarms: readonly SwarmSnapshot[] }
  | { readonly kind: 'watching' }
  | { readonly kind: 'closed'; readonly tab: string }
  | { readonly kind: 'command'; readonly infoHash: InfoHash; readonly command: Command }

/** Tabs that look say so this often; one that hears nothing for three times as long sends nothing. */
const WATCH_MS = 5000

interface RelayOptions {
  /** Swarms of this tab. */
  readonly getOwn: () => readonly SwarmSnapshot[]
  /** Another tab wants this done to a share; it may not be one of ours. */
  readonly onCommand: (infoHash: InfoHash, command: Command) => void
  /** The swarms of other tabs are others now. */
  readonly onChange: () => void
}

/** Between the tabs of one browser: each shows what the others run, and passes on what the person wants done there. */
export class Relay {
  readonly #options: RelayOptions
  readonly #tab = crypto.randomUUID()
  readonly #channel = new BroadcastChannel('tabseed')
  readonly #others = new Map<string, readonly SwarmSnapshot[]>()
  #watchedUntil = Number.NEGATIVE_INFINITY
  #all: readonly SwarmSnapshot[] = []

  constructor(options: RelayOptions) {
    this.#options = options
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#receive(data)
    // Answered by every tab that runs something.
    const watch = () => document.visibilityState === 'visible' && this.#post({ kind: 'watching' })
    watch()
    setInterval(watch, WATCH_MS)
    document.addEventListener('visibilitychange', watch)
    addEventListener('pagehide', () => this.#post({ kind: 'closed', tab: this.#tab }))
  }

  /** Swarms of the other tabs; the same object until something changes. */
  get others(): readonly SwarmSnapshot[] {
    return this.#all
  }

  /** Tell the other tabs what runs here, if one of them looks. */
  tell(): void {
    if (performance.now() > this.#watchedUntil) return
    this.#post({ kind: 'swarms', tab: this.#tab, swarms: this.#options.getOwn() })
  }

  send(infoHash: InfoHash, command: Command): void {
    this.#post({ kind: 'command', infoHash, command })
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case 'watching': {
        const wasWatched = performance.now() <= this.#watchedUntil
        this.#watchedUntil = performance.now() + 3 * WATCH_MS
        if (!wasWatched || this.#options.getOwn().length > 0) this.tell()
        return
      }
      case 'swarms':
        this.#setOthers(message.tab, message.swarms)
        return
      case 'closed':
        this.#setOthers(message.tab, [])
        return
      case 'command':
        this.#options.onCommand(message.infoHash, message.command)
    }
  }

  #setOthers(tab: string, swarms: readonly SwarmSnapshot[]): void {
    if (swarms.length === 0 && !this.#others.has(tab)) return
    if (swarms.length === 0) this.#others.delete(tab)
    else this.#others.set(tab, swarms)
    this.#all = [...this.#others.values()].flat()
    this.#options.onChange()
  }

  #post(message: Message): void {
    this.#channel.postMessage(message)
  }
}
