import type { RateLimits, SwarmSnapshot } from '../../engine/view/snapshot.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { packSwarm, type SentSwarm, unpackSwarm } from './sent-swarm.ts'

/** What the person does to a share, wherever it runs. */
export type Command =
  | { readonly do: 'pause' | 'resume' | 'leave' | 'remove' | 'markSaved' }
  | { readonly do: 'select'; readonly files: readonly number[] }
  | { readonly do: 'setLimits'; readonly limits: RateLimits }
  | { readonly do: 'setUploads'; readonly uploads: boolean }

type Message =
  | { readonly kind: 'swarms'; readonly tab: string; readonly swarms: readonly SentSwarm[] }
  | { readonly kind: 'watching' }
  | { readonly kind: 'closed'; readonly tab: string }
  | { readonly kind: 'command'; readonly id: string; readonly infoHash: InfoHash; readonly command: Command }
  | { readonly kind: 'done'; readonly id: string }

/** Tabs that look say so this often; one that hears nothing for three times as long sends nothing. */
const WATCH_MS = 5000

/** A tab that leaves this many questions in a row unanswered has crashed. */
const UNANSWERED_MAX = 2

/** A command nobody has carried out after this time has met no tab that runs the share. */
const COMMAND_LIMIT_MS = 10_000

interface RelayOptions {
  /** Swarms of this tab. */
  readonly getOwn: () => readonly SwarmSnapshot[]
  /** Another tab wants this done to a share. Null when it is not one of ours. */
  readonly onCommand: (infoHash: InfoHash, command: Command) => Promise<void> | null
  /** The swarms of other tabs are others now. */
  readonly onChange: () => void
}

/** Between the tabs of one browser: each shows what the others run, and passes on what the person wants done there. */
export class Relay {
  readonly #options: RelayOptions
  readonly #tab = newId()
  readonly #channel = new BroadcastChannel('tabseed')
  readonly #others = new Map<string, readonly SwarmSnapshot[]>()
  readonly #unanswered = new Map<string, number>()
  readonly #sent = new Map<string, () => void>()
  #watchedUntil = Number.NEGATIVE_INFINITY
  #all: readonly SwarmSnapshot[] = []

  constructor(options: RelayOptions) {
    this.#options = options
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#receive(data)
    // Answered by every tab that runs something.
    const watch = () => document.visibilityState === 'visible' && this.#watch()
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
    this.#post({ kind: 'swarms', tab: this.#tab, swarms: this.#options.getOwn().map(packSwarm) })
  }

  /** Resolves when the tab that runs the share has done it; false when none did. */
  send(infoHash: InfoHash, command: Command): Promise<boolean> {
    const id = newId()
    return new Promise(resolve => {
      const limit = setTimeout(() => settle(false), COMMAND_LIMIT_MS)
      const settle = (done: boolean) => {
        clearTimeout(limit)
        this.#sent.delete(id)
        resolve(done)
      }
      this.#sent.set(id, () => settle(true))
      this.#post({ kind: 'command', id, infoHash, command })
    })
  }

  #watch(): void {
    for (const tab of [...this.#others.keys()]) {
      const unanswered = this.#unanswered.get(tab) ?? 0
      if (unanswered < UNANSWERED_MAX) this.#unanswered.set(tab, unanswered + 1)
      else this.#setOthers(tab, [])
    }
    this.#post({ kind: 'watching' })
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
        this.#unanswered.delete(message.tab)
        this.#setOthers(message.tab, message.swarms.map(unpackSwarm))
        return
      case 'closed':
        this.#setOthers(message.tab, [])
        return
      case 'command':
        void this.#options
          .onCommand(message.infoHash, message.command)
          ?.catch(() => undefined)
          .then(() => this.#post({ kind: 'done', id: message.id }))
        return
      case 'done':
        this.#sent.get(message.id)?.()
    }
  }

  #setOthers(tab: string, swarms: readonly SwarmSnapshot[]): void {
    if (swarms.length === 0 && !this.#others.has(tab)) return
    if (swarms.length === 0) {
      this.#others.delete(tab)
      this.#unanswered.delete(tab)
    } else this.#others.set(tab, swarms)
    this.#all = [...this.#others.values()].flat()
    this.#options.onChange()
  }

  #post(message: Message): void {
    this.#channel.postMessage(message)
  }
}

/** `crypto.randomUUID` is withheld from pages on plain http. */
const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')
