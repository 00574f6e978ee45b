import { type AppError, toAppError } from '../../../lib/base/errors.ts'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import { type Entry, type Look, lookAt } from './entries.ts'
import { type Disk, FolderShares, type FolderSharesOptions } from './folder-shares.ts'
import { HashingLanes } from './hashing-lanes.ts'
import { FolderMemory, type Published } from './memory.ts'
import { openForWriting } from './open-for-writing.ts'
import { TorrentPairs } from './torrent-pairs.ts'

/** All in milliseconds. */
export interface WatchTimes {
  /** An entry is published when nothing in it has changed for this long. */
  readonly settled: number
  /** A share is taken back when its files were missing at two looks this far apart, and at every one in between. */
  readonly certain: number
  /** Between two looks. */
  readonly interval: number
}

const TIMES: WatchTimes = { settled: 10_000, certain: 30_000, interval: 500 }

/** Looking takes at most a twentieth of the time, or a third where that would mean pauses over `PAUSE_MAX_MS`. */
const LOOK_SHARE = 20
const PAUSE_MAX_MS = 5_000

/** Most entries that one line of the log names. */
const NAMES_LOGGED = 10

export interface WatchFolderOptions extends FolderSharesOptions {
  readonly folder: string
  /** File that records what is published, so that nothing is hashed after a restart. */
  readonly memory: string
  /** Default: `TIMES`. */
  readonly times?: WatchTimes | undefined
}

/**
 * Publishes and seeds each entry of a folder. What is missing is not offered; its link goes only when that is certain, and
 * comes back as it was with the entry.
 */
export class WatchFolder {
  readonly #options: WatchFolderOptions
  readonly #times: WatchTimes
  readonly #memory: FolderMemory
  readonly #shares: FolderShares
  readonly #ended = new AbortController()
  readonly #lanes = new HashingLanes(this.#ended.signal)
  /** One change of the shares at a time, while entries are hashed. */
  readonly #changes = new SerialQueue()
  readonly #pairs: TorrentPairs
  /** Entries that are not published in their current state, and since when they have been in it. */
  readonly #waiting = new Map<string, { readonly state: string; readonly since: number }>()
  /** States of entries that cannot be published, so that each is tried and logged once. */
  readonly #refused = new Map<string, string>()
  /** Since when the files of a share have been missing without a doubt. */
  readonly #missing = new Map<Published, number>()
  /** What was logged of the last look. */
  #logged: ReadonlySet<string> = new Set()
  #lookTookMs = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  private constructor(options: WatchFolderOptions, memory: FolderMemory) {
    this.#options = options
    this.#times = options.times ?? TIMES
    this.#memory = memory
    this.#shares = new FolderShares(options, memory)
    this.#pairs = new TorrentPairs(options.metainfo)
  }

  /**
   * Seeds what was published before, and watches from now on. Errors: the file system's own when the folder cannot be read
   * and nothing of it was published; else it may be a disk that comes later.
   */
  static async open(options: WatchFolderOptions): Promise<WatchFolder> {
    const memory = FolderMemory.load(options.memory, options.log)
    if (memory.published.length === 0) await lookAt(options.folder)
    const watch = new WatchFolder(options, memory)
    await watch.#scan()
    watch.#scanLater()
    return watch
  }

  /** Resolves when no change is under way any more. */
  async close(): Promise<void> {
    this.#ended.abort()
    if (this.#timer) clearTimeout(this.#timer)
    await this.#changes.idle()
  }

  #scanLater(): void {
    if (this.#ended.signal.aborted) return
    const took = this.#lookTookMs
    const pause = Math.min(LOOK_SHARE * took, Math.max(PAUSE_MAX_MS, 2 * took))
    this.#timer = setTimeout(
      async () => {
        await this.#scan()
        this.#scanLater()
      },
      Math.max(this.#times.interval, pause),
    )
  }

  /** Never rejects: a folder that cannot be read now may be readable later. */
  async #scan(): Promise<void> {
    try {
      const start = performance.now()
      const look = await this.#look()
      this.#lookTookMs = performance.now() - start
      // Reads each `.torrent` once, in a worker: no reason to look less often.
      const joined = look ? await this.#pairs.join(look.entries, name => this.#shares.isPublished(name)) : []
      await this.#changes.add(() => this.#compare(look, joined))
      this.#lanes.keepOnly(joined)
      if (look) await this.#publishSettled(look, joined)
    } catch (reason) {
      if (this.#ended.signal.aborted) return
      this.#options.log.error({ err: reason }, 'the publish folder cannot be watched')
    }
  }

  /** Null while the folder is not there or cannot be read. */
  async #look(): Promise<Look | null> {
    const { folder, log } = this.#options
    const logged = new Set<string>()
    const logOnce = (line: string, write: () => void) => {
      logged.add(line)
      if (!this.#logged.has(line)) write()
    }
    let look: Look | null = null
    try {
      look = await lookAt(folder)
      for (const { location, reason } of look.passedOver) {
        const level = reason === 'unfinished' ? 'info' : 'warn'
        logOnce(`${location}\0${reason}`, () =>
          log[level]({ location, reason }, 'passed over in the publish folder'),
        )
      }
      const devices = this.#devicesOf(look, look.entries)
      const elsewhere = this.#memory.published.filter(({ device }) => !devices.has(device))
      if (elsewhere.length > 0) {
        logOnce('device', () =>
          log.warn(
            { folder, entries: elsewhere.map(({ name }) => name).slice(0, NAMES_LOGGED) },
            'the publish folder is on another disk than some of what was published: that is not taken back',
          ),
        )
      }
    } catch (reason) {
      logOnce(String(reason), () =>
        log.error({ err: reason, folder }, 'the publish folder cannot be read: nothing is taken back'),
      )
    }
    this.#logged = logged
    return look
  }

  /**
   * The devices whose entries can be looked for now: an unmounted disk leaves an empty folder, on another device, into which
   * somebody may write. A disk that has another number today shows by the entries that are on it.
   */
  #devicesOf(look: Look, entries: readonly Entry[]): ReadonlySet<number | null> {
    // As nearly always: no need to find what each entry is.
    if (this.#memory.published.every(({ device }) => device === look.device)) return new Set([look.device])
    const found = entries.map(entry => this.#shares.find(entry)?.device)
    return new Set([look.device, ...found.filter(device => device !== undefined)])
  }

  /** Offers what is there, withholds what is not, and takes back what certainly is gone. */
  async #compare(look: Look | null, entries: readonly Entry[]): Promise<void> {
    if (this.#ended.signal.aborted) return
    const devices = look ? this.#devicesOf(look, entries) : new Set()
    let hasMoved = false
    const found = new Map(entries.map(entry => [this.#shares.find(entry), entry]))
    for (const known of this.#memory.published) {
      const entry = found.get(known)
      if (entry) {
        this.#missing.delete(known)
        hasMoved ||= look !== null && known.device !== look.device
        if (look) known.device = look.device
        await this.#shares.offer(known, entry)
        continue
      }
      this.#shares.withhold(known)
      if (!look || !devices.has(known.device) || this.#mayBeAway(known, look)) this.#missing.delete(known)
      else if (this.#isMissingLong(known) && !this.#isAwaited(known, entries)) {
        this.#missing.delete(known)
        await this.#shares.takeBack(known, look.present.has(known.name) ? 'changed' : 'removed')
      }
    }
    for (const known of this.#missing.keys())
      if (!this.#memory.published.includes(known)) this.#missing.delete(known)
    if (hasMoved) await this.#memory.save()
  }

  /** Whether the entry may be there without being seen: it cannot be read, or its own disk is unmounted. */
  #mayBeAway({ isMount, name }: Published, { device, present, unsure }: Look): boolean {
    return unsure.has(name) || (isMount && present.get(name) === device)
  }

  /** Another state of it is there and not published yet: that takes over the terms of this one. */
  #isAwaited(known: Published, entries: readonly Entry[]): boolean {
    const isThere = entries.some(({ name }) => name === known.name)
    const versions = this.#memory.published.filter(({ name }) => name === known.name)
    return isThere && versions.length === 1
  }

  #isMissingLong(known: Published): boolean {
    const now = performance.now()
    const since = this.#missing.get(known) ?? now
    this.#missing.set(known, since)
    return now - since >= this.#times.certain
  }

  #isSettled(entry: Entry): boolean {
    const { isUnfinished, name, state } = entry
    if (this.#lanes.isBusyWith(name)) return false
    const isDone = this.#shares.find(entry) !== undefined || this.#refused.get(name) === state
    if (isDone || isUnfinished) {
      this.#waiting.delete(name)
      return false
    }
    const now = performance.now()
    const waiting = this.#waiting.get(name)
    if (waiting?.state !== state) {
      this.#waiting.set(name, { state, since: now })
      return false
    }
    return now - waiting.since >= this.#times.settled
  }

  async #publishSettled({ device, present }: Look, entries: readonly Entry[]): Promise<void> {
    const settled = entries.filter(entry => this.#isSettled(entry))
    if (settled.length === 0) return
    const written = await openForWriting(settled.flatMap(({ locations }) => locations))
    for (const entry of settled) {
      const location = entry.locations.find(location => written.has(location))
      if (location === undefined) {
        const disk = { device, isMount: present.get(entry.name) !== device }
        this.#lanes.add(
          entry,
          signal => this.#publish(entry, disk, signal),
          reason => this.#refuse(entry, toAppError(reason)),
        )
      } else this.#options.log.debug({ location }, 'not published yet: a program has it open for writing')
    }
  }

  async #publish(entry: Entry, disk: Disk, signal: AbortSignal): Promise<void> {
    const prepared = await this.#shares.prepare(entry, signal)
    if (prepared === null) return this.#pairs.separate(entry)
    await this.#changes.add(async () => {
      if (!signal.aborted) await this.#shares.publish(entry, disk, prepared)
    })
  }

  #refuse({ name, state }: Entry, error: AppError): void {
    // It is still being written, or the seeder starts: it is tried again.
    if (error.code === 'file_changed' || error.code === 'seeder_away') return
    this.#refused.set(name, state)
    const { log } = this.#options
    log.warn({ err: error, code: error.code, name }, 'something in the publish folder cannot be published')
  }
}
