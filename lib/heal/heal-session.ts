import { AppError, toAppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import type { PickedFile } from '../browser/picked-file.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { type CheckProgress, checkCopy } from './check-copy.ts'
import { type HealSnapshot, HealState, type HealStep, throttled } from './heal-state.ts'
import { fitCopy } from './local-copy.ts'
import { startRepair } from './repair.ts'
import type { RepairPlan } from './repair-plan.ts'
import { RepairRun } from './repair-run.ts'
import { inPlaceTargets, mayWrite, type Target } from './save-in-place.ts'

/** A check and repair: from a share and a copy of it to a report, and on to a repaired copy. */
export class HealSession {
  readonly #tab: () => BrowserTab
  readonly #state = new HealState()
  #work = new AbortController()
  #repair: RepairRun | null = null

  /** `tab` is called when a repair begins. */
  constructor(tab: () => BrowserTab) {
    this.#tab = tab
  }

  readonly subscribe = this.#state.subscribe
  readonly getSnapshot = this.#state.getSnapshot

  /** Choose the share whose metainfo `read` resolves to; with a copy at hand its check starts. */
  async chooseShare(read: () => Promise<Metainfo>): Promise<void> {
    const signal = await this.#restart('reading', { metainfo: null })
    await this.#attempt(signal, 'choose', async () => {
      const metainfo = await read()
      if (signal.aborted) return
      this.#state.change({ step: 'choose', metainfo })
      await this.#check(signal)
    })
  }

  /** Choose these files as the copy; with a share at hand its check starts. */
  async chooseCopy(picked: readonly PickedFile[]): Promise<void> {
    if (this.getSnapshot().step === 'reading') {
      // The check starts when the share is read.
      this.#state.change({ picked })
      return
    }
    const signal = await this.#restart('choose', { picked })
    await this.#attempt(signal, 'choose', () => this.#check(signal))
  }

  /** Check the same copy again. */
  check = (): Promise<void> => this.chooseCopy(this.getSnapshot().picked)

  /** Fetch the bad pieces of the files at `selected` and write them into the person's own files. */
  async repairInPlace(selected: readonly number[]): Promise<void> {
    await this.#startRepair(selected, inPlaceTargets)
  }

  /** Fetch the bad pieces of the files at `selected`, to save the whole files as new ones. */
  async repairAsNew(selected: readonly number[]): Promise<void> {
    await this.#startRepair(selected, () => null)
  }

  /** Save the files at `indexes`, all repaired or good, as new ones. */
  async saveAsNew(indexes: readonly number[]): Promise<void> {
    await this.#repair?.saveAsNew(indexes)
  }

  /** Ends what runs: a check, a save, or a repair with all that was fetched for it. */
  async cancel(): Promise<void> {
    const { report, step } = this.getSnapshot()
    if (step === 'saving') this.#repair?.cancelSave()
    else await this.#restart(report ? 'checked' : 'choose', { report })
  }

  /** Back to an empty page. */
  async startOver(): Promise<void> {
    await this.#restart('choose', { metainfo: null, picked: [], copy: null, savedBytes: 0 })
  }

  /** Back to the choice of a copy, for the same share. */
  async startOverWithShare(): Promise<void> {
    await this.#restart('choose', { picked: [], copy: null, savedBytes: 0 })
  }

  /**
   * The person leaves the page. A repair that is not saved yet goes on in its swarm, and can be saved from the share's
   * page.
   */
  leave(): void {
    this.#repair?.stopWatching()
    const { step } = this.getSnapshot()
    if (step === 'saved') void this.#repair?.end()
    if (step === 'checking' || step === 'reading') this.#work.abort()
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { metainfo, picked } = this.getSnapshot()
    if (!metainfo || picked.length === 0) return
    const copy = fitCopy(metainfo, picked)
    this.#state.change({ step: 'checking', copy, progress: null, report: null })
    const onProgress = throttled((progress: CheckProgress) => {
      if (!signal.aborted) this.#state.change({ progress })
    })
    const report = await checkCopy(metainfo, copy, { signal, onProgress })
    if (!signal.aborted) this.#state.change({ step: 'checked', report })
  }

  /** `targetsOf` a plan: where it is repaired in place; null to save new files. */
  async #startRepair(
    selected: readonly number[],
    targetsOf: (plan: RepairPlan) => readonly Target[] | null,
  ): Promise<void> {
    const { copy, metainfo, report, step } = this.getSnapshot()
    if (!copy || !metainfo || !report || step !== 'checked') return
    const plan = { metainfo, copy, report, selected }
    const targets = targetsOf(plan)
    const { signal } = this.#work
    this.#state.change({ step: 'starting', error: null, plan, inPlace: targets !== null })
    await this.#attempt(signal, 'checked', async () => {
      // First of all: the browser asks only shortly after the click.
      if (targets && !(await mayWrite(targets))) {
        this.#state.change({ step: 'checked', plan: null, inPlace: null })
        return
      }
      const tab = this.#tab()
      const repair = await startRepair(tab, plan, () => {
        // Our own writing changes the copy too.
        if (!targets || this.getSnapshot().step !== 'saving') this.#giveUp()
      })
      if (signal.aborted) {
        await repair.end()
        return
      }
      this.#repair = new RepairRun({
        engine: tab.engine,
        state: this.#state,
        plan,
        targets,
        repair,
        onCopyChanged: () => this.#giveUp(),
        onSwarmGone: () => void this.cancel(),
      })
      this.#repair.start()
    })
  }

  /** Ends what ran before. */
  async #restart(step: HealStep, change: Partial<HealSnapshot>): Promise<AbortSignal> {
    this.#work.abort()
    this.#work = new AbortController()
    const { signal } = this.#work
    const ended = this.#repair?.end()
    this.#repair = null
    this.#state.restart(step, change)
    await ended
    return signal
  }

  /** `back` is the step to return to after a failure. */
  async #attempt(signal: AbortSignal, back: HealStep, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (reason) {
      const error = toAppError(reason)
      if (signal.aborted || error.code === 'cancelled') return
      this.#state.change({ step: back, error })
    }
  }

  /** The copy changed, so the report no longer holds: the repair is over. */
  #giveUp(): void {
    void this.#restart('choose', { error: new AppError('copy_changed'), picked: [], copy: null })
  }
}
