import { AppError } from '../../base/errors.ts'
import { getEngine } from '../../engine/index.ts'
import type { EngineSnapshot, RateLimits, SwarmSnapshot } from '../../engine/view/snapshot.ts'
import { storedFile } from '../../storage/opfs/opfs-store.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../../torrent/metainfo.ts'
import { changeKeptShare, getKeptShare, type KeptDownload } from '../records/saved-records.ts'
import { type Command, Relay } from '../relay/relay.ts'
import { stopLeading, whenFree } from '../tab-locks.ts'

/**
 * Every share this browser takes part in, in whichever tab it runs: what the pages show, and what they may do to it.
 * A share that another tab runs is shown with that tab's snapshots, and commands go there.
 */
class Session {
  readonly #listeners = new Set<() => void>()
  readonly #relay: Relay | null
  /** Failures after which this tab let go of the share. */
  readonly #heeded = new WeakSet<NonNullable<SwarmSnapshot['error']>>()
  #own: EngineSnapshot = []
  #elsewhere = ''
  #othersListener: () => void = () => {}
  #snapshot: EngineSnapshot = []

  constructor() {
    const engine = getEngine()
    this.#relay =
      typeof BroadcastChannel === 'undefined'
        ? null
        : new Relay({
            getOwn: () => engine.getSnapshot(),
            onCommand: (infoHash, command) =>
              this.#runsHere(infoHash) ? this.#run(infoHash, command) : null,
            onChange: () => {
              this.#refresh()
              this.#heedOthers()
            },
          })
    // Subscribed for as long as the tab lives: other tabs may look at what runs here.
    engine.subscribe(() => {
      this.#heedFailures()
      this.#relay?.tell()
      this.#refresh()
    })
    this.#refresh()
  }

  /** `listener` is called whenever `getSnapshot()` returns something new; returns the unsubscribe. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** `listener` is called when other tabs begin or end something. */
  onOthersChange(listener: () => void): void {
    this.#othersListener = listener
  }

  /** All swarms of this browser, those of this tab first; of one that failed here, the tab that has it now. */
  getSnapshot(): EngineSnapshot {
    return this.#snapshot
  }

  getSwarm(infoHash: InfoHash): SwarmSnapshot | undefined {
    return this.#snapshot.find(swarm => swarm.infoHash === infoHash)
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

  /** The bytes of a complete file of a download, by reference. Errors: `storage_failed`. */
  async file(infoHash: InfoHash, index: number): Promise<Blob> {
    if (this.#runsHere(infoHash)) return getEngine().file(infoHash, index)
    const metainfo = await this.metainfo(infoHash)
    if (!metainfo) throw new AppError('storage_failed', 'this browser did not download that')
    return storedFile(metainfo, index)
  }

  /** The metainfo of a share that runs here or that this browser keeps. */
  async metainfo(infoHash: InfoHash): Promise<Metainfo | undefined> {
    const here = getEngine().metainfo(infoHash)
    if (here) return here
    const kept = await getKeptShare(infoHash).catch(() => undefined)
    return kept && parseMetainfo(kept.torrent)
  }

  async #command(infoHash: InfoHash, command: Command): Promise<void> {
    if (this.#runsHere(infoHash)) return this.#run(infoHash, command)
    const ends = command.do === 'leave' || command.do === 'remove'
    // What failed here before another tab took over.
    if (ends) await getEngine().leave(infoHash)
    const elsewhere = this.getSwarm(infoHash) !== undefined
    if (elsewhere && (await this.#relay?.send(infoHash, command))) return
    // No tab runs it, or one that does not answer: the next one that does will heed it.
    await note(infoHash, command)
    if (elsewhere && ends) await whenFree(infoHash)
  }

  async #run(infoHash: InfoHash, command: Command): Promise<void> {
    const engine = getEngine()
    // First the record: what the page shows must still hold when the tab is closed at once.
    await note(infoHash, command)
    switch (command.do) {
      case 'pause':
        return engine.pause(infoHash)
      case 'resume':
        return engine.resume(infoHash)
      case 'select':
        return engine.select(infoHash, command.files)
      case 'setLimits':
        return engine.setLimits(infoHash, command.limits)
      case 'setUploads':
        return engine.setUploads(infoHash, command.uploads)
      case 'markSaved':
        return engine.markSaved(infoHash)
      case 'leave':
        return engine.leave(infoHash).finally(() => stopLeading(infoHash))
      case 'remove':
        return engine.remove(infoHash).finally(() => stopLeading(infoHash))
    }
  }

  /** False also for a share that failed here and that another tab has now. */
  #runsHere(infoHash: InfoHash): boolean {
    const swarm = getEngine().getSwarm(infoHash)
    return swarm !== undefined && (swarm.state !== 'error' || this.getSwarm(infoHash) === swarm)
  }

  /** What failed here may work in another tab: its files, or the room on the disk, are others then. */
  #heedFailures(): void {
    for (const { error, infoHash } of getEngine().getSnapshot()) {
      if (!error || this.#heeded.has(error)) continue
      // Once: a new attempt leads again, while the failed swarm may still be there.
      this.#heeded.add(error)
      stopLeading(infoHash)
    }
  }

  #heedOthers(): void {
    const elsewhere = (this.#relay?.others ?? []).map(({ infoHash }) => infoHash).join()
    if (elsewhere === this.#elsewhere) return
    this.#elsewhere = elsewhere
    this.#othersListener()
  }

  #refresh(): void {
    const own = getEngine().getSnapshot()
    const others = this.#relay?.others ?? []
    if (own === this.#own && others.length === 0 && this.#snapshot.length === own.length) return
    this.#own = own
    const elsewhere = new Set(others.filter(({ error }) => !error).map(({ infoHash }) => infoHash))
    const shown = own.filter(({ error, infoHash }) => !error || !elsewhere.has(infoHash))
    const here = new Set(shown.map(({ infoHash }) => infoHash))
    this.#snapshot = [...shown, ...others.filter(({ infoHash }) => !here.has(infoHash))]
    for (const listener of this.#listeners) listener()
  }
}

async function note(infoHash: InfoHash, command: Command): Promise<void> {
  const decision = decisionOf(command)
  // Without storage (private windows) it holds as long as the tab.
  if (decision) await changeKeptShare(infoHash, decision).catch(() => undefined)
}

/** What a command changes in the record of a share. */
function decisionOf(
  command: Command,
): Partial<Pick<KeptDownload, 'limits' | 'paused' | 'saved' | 'selected' | 'uploads'>> | null {
  switch (command.do) {
    case 'pause':
      return { paused: true }
    case 'resume':
      return { paused: false }
    case 'select':
      return { selected: command.files }
    case 'setLimits':
      return { limits: command.limits }
    case 'setUploads':
      return { uploads: command.uploads }
    case 'markSaved':
      return { saved: true }
    default:
      return null
  }
}

let session: Session | undefined

/** The session of this tab. */
export function getSession(): Session {
  session ??= new Session()
  return session
}
