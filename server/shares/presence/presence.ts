import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { Presence } from '../../../lib/protocol/presence.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import type { SeenStore } from './seen-store.ts'

const LOOK_MS = 60_000
/** Who stays is noted this often, for a server that is killed; who leaves is noted at once. */
const NOTE_MS = 3_600_000

/** The swarm of a share, as the tracker knows it. */
interface SwarmFacts {
  readonly isOnline: boolean
  readonly serverPeer: string | null
  readonly downloads: number
  readonly lastDownload: Date | null
}

interface PresenceOptions {
  readonly store: SeenStore
  readonly swarmOf: (infoHash: InfoHash) => SwarmFacts | Promise<SwarmFacts>
  /** Shares of which somebody besides this server has all right now. */
  readonly online: () => Iterable<InfoHash>
  /** Where a copy is that needs nobody: on this server, on another one, or nowhere. */
  readonly copyOf: (infoHash: InfoHash) => Promise<Presence['copy']>
  readonly log: Log
}

/**
 * Who has a share right now, and since when nobody does. The swarms are looked through once a minute; the database is
 * written when somebody is gone, in one statement for all who are, and once an hour.
 */
export class Presences {
  readonly #options: PresenceOptions
  /** When each was last seen, in milliseconds of Unix time: those that were online at the last look or since. */
  #online = new Map<InfoHash, number>()
  #notedAt = Date.now()
  readonly #looks = new SerialQueue()
  readonly #timer: NodeJS.Timeout

  constructor(options: PresenceOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.look(new Date()).catch(reason => options.log.error({ err: reason }, 'last seen not noted'))
    }, LOOK_MS).unref()
  }

  /** What somebody with the link of a share may know. */
  async of(infoHash: InfoHash, now = new Date()): Promise<Presence> {
    const { copyOf, store, swarmOf } = this.#options
    const { downloads, isOnline, lastDownload, serverPeer } = await swarmOf(infoHash)
    // Who comes and goes between two looks is noted too, if somebody asked meanwhile: their own page does.
    if (isOnline) this.#online.set(infoHash, now.getTime())
    const copy = await copyOf(infoHash)
    const noted = this.#online.get(infoHash)
    const lastSeen = isOnline ? now : noted === undefined ? await store.lastSeen(infoHash) : new Date(noted)
    return {
      presence: isOnline ? 'online' : copy === null ? 'away' : 'server',
      at: now.toISOString(),
      lastSeen: lastSeen?.toISOString() ?? null,
      copy,
      serverPeer,
      downloads,
      lastDownload: lastDownload?.toISOString() ?? null,
    }
  }

  /** Notes who is there at `now`. */
  look(now: Date): Promise<void> {
    const { online, store } = this.#options
    return this.#looks.add(async () => {
      const before = this.#online
      this.#online = new Map(Array.from(online(), infoHash => [infoHash, now.getTime()]))
      const gone = [...before.keys()].filter(infoHash => !this.#online.has(infoHash))
      const isDue = now.getTime() - this.#notedAt >= NOTE_MS
      if (isDue) this.#notedAt = now.getTime()
      const noted = isDue ? [...gone, ...this.#online.keys()] : gone
      if (noted.length > 0) await store.see(noted, now)
    })
  }

  /** Notes who is still there, and looks no more; a database that is away does not keep the server from stopping. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const { log, online, store } = this.#options
    await this.#looks
      .add(() => store.see([...new Set([...this.#online.keys(), ...online()])], new Date()))
      .catch(reason => log.error({ err: reason }, 'last seen not noted'))
  }
}
