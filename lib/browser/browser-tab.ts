import { SwarmEngine } from '../engine/engine.ts'
import { Network } from '../network/network.ts'
import { canStore, opensStorage } from '../storage/opfs/folder.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { Preparation } from './downloads/preparation.ts'
import { DraftSlot } from './publications/draft.ts'
import { Restorations } from './publications/restorations.ts'
import { Losses } from './records/losses.ts'
import { PublishToken } from './records/publish-token.ts'
import { onSharedLimits, readSharedLimits } from './records/shared-limits.ts'
import { RunningSaves } from './running-saves.ts'
import { Seals } from './sealed/seals.ts'
import { Session } from './session/session.ts'
import { TabLocks } from './tab-locks.ts'

/**
 * Composition root: all state of one tab of a browser. Pages and the widget use `thisTab()`; everything below gets the
 * tab passed in, so that a process can hold several.
 */
export class BrowserTab {
  readonly engine: SwarmEngine
  readonly locks = new TabLocks()
  readonly network: Network
  readonly session: Session
  /** For the share that is shown and may be downloaded. */
  readonly preparation: Preparation
  readonly losses = new Losses()
  readonly restorations = new Restorations()
  readonly draft = new DraftSlot()
  readonly publishToken = new PublishToken()
  readonly seals = new Seals()
  readonly saves = new RunningSaves()
  /** Shares that this tab published although this browser had published them before. */
  readonly publishedAgain = new Set<InfoHash>()
  /** False: downloads are in memory. As far as it is known; `findDisk` asks the browser. */
  hasDisk = canStore()
  #askedForDisk: Promise<void> | undefined
  /** Whether `startSession` has run. */
  isStarted = false

  constructor(engine = new SwarmEngine()) {
    this.engine = engine
    this.network = new Network(engine)
    this.preparation = new Preparation(engine, () => this.hasDisk)
    engine.setLimits(null, readSharedLimits())
    onSharedLimits(limits => engine.setLimits(null, limits))
    onWake(change => engine.wake(change))
    this.session = new Session(engine, this.locks)
  }

  /** Resolves with `hasDisk`, which is certain from then on. Never rejects. */
  async findDisk(): Promise<boolean> {
    this.#askedForDisk ??= opensStorage().then(opens => {
      this.hasDisk &&= opens
    })
    await this.#askedForDisk
    return this.hasDisk
  }
}

/** Calls `listener` when this tab becomes visible, also after sleep, and when the computer comes to another network. */
function onWake(listener: (change: { readonly networkChanged: boolean }) => void): void {
  window.addEventListener('online', () => listener({ networkChanged: true }))
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') listener({ networkChanged: false })
  })
}
