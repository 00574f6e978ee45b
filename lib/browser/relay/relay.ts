import type { SwarmSnapshot } from '../../engine/view/snapshot.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Command } from '../session/commands.ts'
import { packSwarm, type SentSwarm, unpackSwarm } from './sent-swarm.ts'

type Message =
  | { readonly kind: 'swarms'; readonly tab: string; readonly swarms: readonly SentSwarm[] }
  | { readonly kind: 'watching' }
  | { readonly kind: 'closed'; readonly tab: string }
  | { readonly kind: 'command'; readonly id: string; readonly infoHash: InfoHash; readonly command: Command }
  | { readonly kind: 'done'; readonly id: string }

/** A visible tab asks for snapshots this often; a tab that was not asked for three times as long sends none. */
const WATCH_MS = 5000

/** A tab that leaves more requests in a row unanswered has crashed. */
const UNANSWERED_MAX = 2

/** When a command is not done after this time, no tab runs the share. */
const COMMAND_LIMIT_MS = 10_000

interface RelayOptions {
  /** Swarms of this tab. */
  readonly getOwn: () => readonly SwarmSnapshot[]
  /** Another tab sent a command. Null when the share does not run here. */
  readonly onCommand: (infoHash: InfoHash, command: Command) => Promise<void> | null
  /** `otherSwarms` has changed. */
  readonly onChange: () => void
}

/** Connects the tabs of one browser: each shows the swarms of the others and sends them the person's commands. */
export class Relay {
  readonly #options: RelayOptions
  readonly #tab = newId()
  readonly #channel = new BroadcastChannel('tabseed')
  readonly #swarmsByTab = new Map<string, readonly SwarmSnapshot[]>()
  readonly #unanswered = new Map<string, number>()
  readonly #pending = new Map<string, () => void>()
  #watchedUntil = Number.NEGATIVE_INFINITY
  #otherSwarms: readonly SwarmSnapshot[] = []

  constructor(options: RelayOptions) {
    this.#options = options
    this.#channel.onmessage = ({ data }: MessageEvent<Message>) => this.#receive(data)
    // Every tab with swarms answers.
    const watch = () => document.visibilityState === 'visible' && this.#watch()
    watch()
    setInterval(watch, WATCH_MS)
    document.addEventListener('visibilitychange', watch)
    addEventListener('pagehide', () => this.#post({ kind: 'closed', tab: this.#tab }))
  }

  /** Swarms of the other tabs; the same object until something changes. */
  get otherSwarms(): readonly SwarmSnapshot[] {
    return this.#otherSwarms
  }

  /** Send the other tabs the swarms of this one, if one of them is visible. */
  sendState(): void {
    if (performance.now() > this.#watchedUntil) return
    this.#post({ kind: 'swarms', tab: this.#tab, swarms: this.#options.getOwn().map(packSwarm) })
  }

  /** Resolves to true when the tab that runs the share has carried out the command; to false when none did. */
  send(infoHash: InfoHash, command: Command): Promise<boolean> {
    const id = newId()
    return new Promise(resolve => {
      const limit = setTimeout(() => settle(false), COMMAND_LIMIT_MS)
      const settle = (done: boolean) => {
        clearTimeout(limit)
        this.#pending.delete(id)
        resolve(done)
      }
      this.#pending.set(id, () => settle(true))
      this.#post({ kind: 'command', id, infoHash, command })
    })
  }

  #watch(): void {
    for (const tab of [...this.#swarmsByTab.keys()]) {
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
        if (!wasWatched || this.#options.getOwn().length > 0) this.sendState()
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
        this.#pending.get(message.id)?.()
    }
  }

  #setOthers(tab: string, swarms: readonly SwarmSnapshot[]): void {
    if (swarms.length === 0 && !this.#swarmsByTab.has(tab)) return
    if (swarms.length === 0) {
      this.#swarmsByTab.delete(tab)
      this.#unanswered.delete(tab)
    } else this.#swarmsByTab.set(tab, swarms)
    this.#otherSwarms = [...this.#swarmsByTab.values()].flat()
    this.#options.onChange()
  }

  #post(message: Message): void {
    this.#channel.postMessage(message)
  }
}

/** Pages on plain http have no `crypto.randomUUID`. */
const newId = (): string => crypto.getRandomValues(new Uint32Array(4)).join('-')
