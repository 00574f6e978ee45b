import { AppError } from '../../base/errors.ts'
import { Watchable } from '../../base/watchable.ts'
import type { SwarmEngine } from '../../engine/engine.ts'
import type { EngineSnapshot, RateLimits, SwarmSnapshot } from '../../engine/view/snapshot.ts'
import { storedFile } from '../../storage/opfs/opfs-store.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { getSavedRecord } from '../records/saved-records.ts'
import { Relay } from '../relay/relay.ts'
import { metainfoOf } from '../sealed/seals.ts'
import type { TabLocks } from '../tab-locks.ts'
import { applyCommand, type Command, endsRun, recordCommand } from './commands.ts'

/**
 * Every share this browser takes part in, whichever tab runs it: what the pages show, and what they may do to it.
 * A share that another tab runs is shown with that tab's snapshots, and commands go there.
 */
export class Session {
  readonly #engine: SwarmEngine
  readonly #locks: TabLocks
  readonly #relay: Relay | null
  readonly #swarms = new Watchable<EngineSnapshot>([])
  /** Failures after which this tab released the lock of the share. */
  readonly #released = new WeakSet<NonNullable<SwarmSnapshot['error']>>()
  #ownSwarms: EngineSnapshot = []
  /** Info hashes of the shares that other tabs run. */
  #elsewhere = ''
  #onOtherTabsChange: () => void = () => {}

  constructor(engine: SwarmEngine, locks: TabLocks) {
    this.#engine = engine
    this.#locks = locks
    this.#relay =
      typeof BroadcastChannel === 'undefined'
        ? null
        : new Relay({
            getOwn: () => engine.getSnapshot(),
            onCommand: (infoHash, command) =>
              this.#runsHere(infoHash) ? this.#runHere(infoHash, command) : null,
            onChange: () => {
              this.#refresh()
              this.#noticeOtherTabs()
            },
          })
    // Subscribed for as long as the tab lives: other tabs may show what runs here.
    engine.subscribe(() => {
      this.#releaseFailed()
      this.#relay?.sendState()
      this.#refresh()
    })
    this.#refresh()
  }

  /** Calls `listener` whenever `getSnapshot()` returns something new; returns the unsubscribe. */
  readonly subscribe = this.#swarms.subscribe

  /** All swarms of this browser, those of this tab first; of one that failed here, the tab that has it now. */
  readonly getSnapshot = this.#swarms.getSnapshot

  /** `listener` is called when other tabs begin or end something. */
  onOtherTabsChange(listener: () => void): void {
    this.#onOtherTabsChange = listener
  }

  getSwarm(infoHash: InfoHash): SwarmSnapshot | undefined {
    return this.getSnapshot().find(swarm => swarm.infoHash === infoHash)
  }

  /** True when another tab runs the share. */
  isElsewhere(infoHash: InfoHash): boolean {
    return !this.#runsHere(infoHash) && this.getSwarm(infoHash) !== undefined
  }

  pause(infoHash: InfoHash): void {
    void this.#command(infoHash, { do: 'pause' })
  }

  resume(infoHash: InfoHash): void {
    void this.#command(infoHash, { do: 'resume' })
  }

  select(infoHash: InfoHash, files: readonly number[]): void {
    void this.#command(infoHash, { do: 'select', files })
  }

  setLimits(infoHash: InfoHash, limits: RateLimits): void {
    void this.#command(infoHash, { do: 'setLimits', limits })
  }

  setUploads(infoHash: InfoHash, uploads: boolean): void {
    void this.#command(infoHash, { do: 'setUploads', uploads })
  }

  markSaved(infoHash: InfoHash): void {
    void this.#command(infoHash, { do: 'markSaved' })
  }

  /** Leave the swarm; what is on disk stays there. Errors: `share_open_elsewhere` (a tab that does not answer has it). */
  async leave(infoHash: InfoHash): Promise<void> {
    await this.#command(infoHash, { do: 'leave' })
  }

  /** Leave the swarm and delete its bytes; a publisher's own files stay. Errors: as of `leave`. */
  async remove(infoHash: InfoHash): Promise<void> {
    await this.#command(infoHash, { do: 'remove' })
  }

  /** The bytes of a complete file of a download as people see them. Errors: `storage_failed`, `content_forged`. */
  async open(infoHash: InfoHash, index: number): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const blob = await this.file(infoHash, index)
    const { files, sealed } = (await this.metainfo(infoHash)) ?? {}
    if (!sealed) return blob.stream()
    const offset = files?.[index]?.offset ?? 0
    const read = (from: number, to: number) => blob.slice(from - offset, to - offset).stream()
    return sealed.open(index, { start: 0, end: blob.size }, read)
  }

  /** A complete file of a download as people see it; of an open share by reference. Errors: `storage_failed`, `content_forged`. */
  async blob(infoHash: InfoHash, index: number): Promise<Blob> {
    const { sealed } = (await this.metainfo(infoHash)) ?? {}
    return sealed ? new Response(await this.open(infoHash, index)).blob() : this.file(infoHash, index)
  }

  /** The stored bytes of a complete file of a download, by reference; of an encrypted share, encrypted. Errors: `storage_failed`. */
  async file(infoHash: InfoHash, index: number): Promise<Blob> {
    if (this.#runsHere(infoHash)) return this.#engine.file(infoHash, index)
    const metainfo = await this.metainfo(infoHash)
    if (!metainfo) throw new AppError('storage_failed', 'this browser did not download that')
    return storedFile(metainfo, index)
  }

  /** The metainfo of a share that runs here or that this browser has a record of; with its key, as it is inside. */
  async metainfo(infoHash: InfoHash): Promise<Metainfo | undefined> {
    const here = this.#engine.metainfo(infoHash)
    if (here) return here
    const record = await getSavedRecord(infoHash).catch(() => undefined)
    return record && metainfoOf(record)
  }

  async #command(infoHash: InfoHash, command: Command): Promise<void> {
    if (this.#runsHere(infoHash)) return this.#runHere(infoHash, command)
    const ends = endsRun(command)
    // What failed here before another tab took over.
    if (ends) await this.#engine.leave(infoHash)
    const isElsewhere = this.getSwarm(infoHash) !== undefined
    if (isElsewhere && (await this.#relay?.send(infoHash, command))) return
    // No tab runs it, or one that does not answer: the next one that runs it reads the record.
    await recordCommand(infoHash, command)
    if (isElsewhere && ends) await this.#locks.waitUntilFree(infoHash)
  }

  async #runHere(infoHash: InfoHash, command: Command): Promise<void> {
    // First the record: what the page shows must still hold when the tab is closed at once.
    await recordCommand(infoHash, command)
    try {
      await applyCommand(this.#engine, infoHash, command)
    } finally {
      if (endsRun(command)) this.#locks.release(infoHash)
    }
  }

  /** False also for a share that failed here and that another tab has now. */
  #runsHere(infoHash: InfoHash): boolean {
    const swarm = this.#engine.getSwarm(infoHash)
    return swarm !== undefined && (swarm.state !== 'error' || this.getSwarm(infoHash) === swarm)
  }

  /** What failed here may work in another tab: it may have other files, or room on the disk by then. */
  #releaseFailed(): void {
    for (const { error, infoHash } of this.#engine.getSnapshot()) {
      if (!error || this.#released.has(error)) continue
      // Once: a new attempt acquires the lock again while the failed swarm may still be there.
      this.#released.add(error)
      this.#locks.release(infoHash)
    }
  }

  #noticeOtherTabs(): void {
    const elsewhere = (this.#relay?.otherSwarms ?? []).map(({ infoHash }) => infoHash).join()
    if (elsewhere === this.#elsewhere) return
    this.#elsewhere = elsewhere
    this.#onOtherTabsChange()
  }

  #refresh(): void {
    const own = this.#engine.getSnapshot()
    const others = this.#relay?.otherSwarms ?? []
    if (own === this.#ownSwarms && others.length === 0 && this.getSnapshot().length === own.length) return
    this.#ownSwarms = own
    const elsewhere = new Set(others.filter(({ error }) => !error).map(({ infoHash }) => infoHash))
    const shown = own.filter(({ error, infoHash }) => !error || !elsewhere.has(infoHash))
    const here = new Set(shown.map(({ infoHash }) => infoHash))
    this.#swarms.set([...shown, ...others.filter(({ infoHash }) => !here.has(infoHash))])
  }
}
