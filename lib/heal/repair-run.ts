import { toAppError } from '../base/errors.ts'
import type { SwarmEngine } from '../engine/engine.ts'
import type { SaveWatch } from '../save/save.ts'
import { type HealState, type HealStep, throttled } from './heal-state.ts'
import type { Repair } from './repair.ts'
import { filesToSave, type RepairPlan } from './repair-plan.ts'
import { saveAsNew } from './save-as-new.ts'
import { saveInPlace, type Target } from './save-in-place.ts'

interface RepairRunOptions {
  readonly engine: SwarmEngine
  readonly state: HealState
  readonly plan: RepairPlan
  /** Where it is saved in place; null: as new files. */
  readonly targets: readonly Target[] | null
  readonly repair: Repair
  /** The copy turned out to have changed while it was saved. */
  readonly onCopyChanged: () => void
  /** The swarm was left from another page of this tab. */
  readonly onSwarmGone: () => void
}

/** A repair from its first bad piece to the saved files. */
export class RepairRun {
  readonly #options: RepairRunOptions
  #unwatch: (() => void) | null = null
  #save: AbortController | null = null
  #isEnded = false

  constructor(options: RepairRunOptions) {
    this.#options = options
  }

  /** Watches the swarm, and saves when all bytes are here. */
  start(): void {
    const { engine, onSwarmGone, plan, repair, state } = this.#options
    state.change({ step: 'repairing' })
    const checkSwarm = () => {
      if (this.#isEnded || state.getSnapshot().step !== 'repairing') return
      const swarm = engine.getSwarm(plan.metainfo.infoHash)
      if (!repair.fetches || swarm?.state === 'done') void this.#finish()
      else if (!swarm) onSwarmGone()
    }
    this.#unwatch = engine.subscribe(checkSwarm)
    checkSwarm()
  }

  /** Save the files at `indexes`, all repaired or good, as new ones. Does nothing before they are repaired. */
  async saveAsNew(indexes: readonly number[]): Promise<void> {
    const { plan, repair, state } = this.#options
    const { step } = state.getSnapshot()
    if (step !== 'repaired' && step !== 'saved') return
    await this.#saveWith(step, watch => saveAsNew(plan, repair.store, indexes, watch))
  }

  cancelSave(): void {
    this.#save?.abort()
  }

  /** What was fetched stays in its swarm; nothing is saved by itself any more. */
  stopWatching(): void {
    this.#unwatch?.()
    this.#unwatch = null
  }

  /** Leave the swarm and delete what was fetched; a save under way is cancelled. */
  async end(): Promise<void> {
    if (this.#isEnded) return
    this.#isEnded = true
    this.stopWatching()
    this.#save?.abort()
    await this.#options.repair.end()
  }

  async #finish(): Promise<void> {
    const { engine, plan, repair, state, targets } = this.#options
    this.stopWatching()
    if (!targets) {
      state.change({ step: 'repaired' })
      const indexes = filesToSave(plan)
      // With one file there is nothing left to decide.
      if (indexes.length === 1) await this.saveAsNew(indexes)
      return
    }
    state.change({ step: 'saving' })
    // Others must not read from files while we replace them.
    if (repair.fetches) await engine.pause(plan.metainfo.infoHash)
    await this.#saveWith('repaired', watch => saveInPlace(plan, repair.store, targets, watch))
    if (state.getSnapshot().step === 'saved') await this.end()
  }

  /** `back` is the step to return to after a failure. */
  async #saveWith(back: HealStep, save: (watch: SaveWatch) => Promise<void>): Promise<void> {
    if (this.#isEnded) return
    const { engine, onCopyChanged, plan, state } = this.#options
    const controller = new AbortController()
    this.#save = controller
    state.change({ step: 'saving', savedBytes: 0, error: null })
    const onProgress = throttled((savedBytes: number) => {
      if (!this.#isEnded) state.change({ savedBytes })
    })
    try {
      await save({ signal: controller.signal, onProgress })
      engine.markSaved(plan.metainfo.infoHash)
      if (!this.#isEnded) state.change({ step: 'saved' })
    } catch (reason) {
      if (this.#isEnded) return
      const error = toAppError(reason)
      if (error.code === 'copy_changed') onCopyChanged()
      else state.change({ step: back, error: error.code === 'cancelled' ? null : error })
    }
  }
}
