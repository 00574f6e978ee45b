import { AppError, toAppError } from '../base/errors.ts'
import { getEngine } from '../engine/index.ts'
import type { PickedFile } from '../publish/plan.ts'
import type { SaveWatch } from '../save/save.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { type CheckProgress, type CopyReport, checkCopy } from './check-copy.ts'
import { fitCopy, type LocalCopy } from './local-copy.ts'
import { type Repair, type RepairPlan, startRepair } from './repair.ts'
import { filesToSave, inPlaceTargets, mayWrite, saveAsNew, saveInPlace } from './save-in-place.ts'

/** People cannot read faster. */
const PROGRESS_INTERVAL_MS = 200

/**
 * `choose` something is not given yet, or was cancelled · `reading` the description of the share · `checking` ·
 * `checked` see `report` · `starting` a repair · `repairing` bad pieces arrive, see the swarm · `repaired` all bytes are
 * here, as new files · `saving` · `saved` in place or as new files.
 */
type Step =
  | 'choose'
  | 'reading'
  | 'checking'
  | 'checked'
  | 'starting'
  | 'repairing'
  | 'repaired'
  | 'saving'
  | 'saved'

/** An immutable picture of a check and repair, replaced whenever something changes. */
export interface HealSnapshot {
  readonly step: Step
  readonly error: AppError | null
  readonly metainfo: Metainfo | null
  /** The files the person chose as their copy. */
  readonly picked: readonly PickedFile[]
  readonly copy: LocalCopy | null
  readonly progress: CheckProgress | null
  readonly report: CopyReport | null
  readonly plan: RepairPlan | null
  /** Where it is saved or will be; null before the repair. */
  readonly inPlace: boolean | null
  /** Written so far by the save that runs; bytes. */
  readonly savedBytes: number
}

const NOTHING: HealSnapshot = {
  step: 'choose',
  error: null,
  metainfo: null,
  picked: [],
  copy: null,
  progress: null,
  report: null,
  plan: null,
  inPlace: null,
  savedBytes: 0,
}

/** One person's way from a share and a copy of it to a report, and on to a repaired copy. */
export class HealSession {
  readonly #listeners = new Set<() => void>()
  #snapshot = NOTHING
  #work = new AbortController()
  #repair: Repair | null = null
  #unwatch: (() => void) | null = null
  #shownAt = Number.NEGATIVE_INFINITY

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  getSnapshot = (): HealSnapshot => this.#snapshot

  /** The share is what `read` gives; with a copy at hand its check starts. */
  async chooseShare(read: () => Promise<Metainfo>): Promise<void> {
    const signal = await this.#begin('reading', { metainfo: null })
    await this.#attempt(signal, 'choose', async () => {
      const metainfo = await read()
      if (signal.aborted) return
      this.#set({ step: 'choose', metainfo })
      await this.#check(signal)
    })
  }

  /** The copy is these files; with a share at hand its check starts. */
  async chooseCopy(picked: readonly PickedFile[]): Promise<void> {
    if (this.#snapshot.step === 'reading') {
      // The check starts when the share is read.
      this.#set({ picked })
      return
    }
    const signal = await this.#begin('choose', { picked })
    await this.#attempt(signal, 'choose', () => this.#check(signal))
  }

  /** Check the same copy again. */
  check = (): Promise<void> => this.chooseCopy(this.#snapshot.picked)

  /** Fetch what is bad in the files at `selected` and save it: into the person's own files, or as new ones. */
  async repair(selected: readonly number[], inPlace: boolean): Promise<void> {
    const { copy, metainfo, report, step } = this.#snapshot
    if (!copy || !metainfo || !report || step !== 'checked') return
    const plan = { metainfo, copy, report, selected }
    const targets = inPlace ? inPlaceTargets(plan) : null
    const { signal } = this.#work
    this.#set({ step: 'starting', error: null, plan, inPlace })
    await this.#attempt(signal, 'checked', async () => {
      // First of all: the browser asks only shortly after the click.
      if (targets && !(await mayWrite(targets))) {
        this.#set({ step: 'checked', plan: null, inPlace: null })
        return
      }
      const repair = await startRepair(plan, () => {
        // Our own writing changes it too.
        if (!inPlace || this.#snapshot.step !== 'saving') this.#giveUp()
      })
      if (signal.aborted) {
        await repair.end()
        return
      }
      this.#repair = repair
      this.#set({ step: 'repairing' })
      this.#watch(metainfo, repair)
    })
  }

  /** Save the files at `indexes`, all repaired or good, as new ones. */
  async saveAsNew(indexes: readonly number[]): Promise<void> {
    const { plan, step } = this.#snapshot
    const repair = this.#repair
    if (!plan || !repair || (step !== 'repaired' && step !== 'saved')) return
    await this.#save(step, watch => saveAsNew(plan, repair.store, indexes, watch))
  }

  /** Ends what runs: a check, a save, or a repair with all that was fetched for it. */
  async cancel(): Promise<void> {
    const { report, step } = this.#snapshot
    if (step === 'saving') {
      this.#work.abort()
      return
    }
    await this.#begin(report ? 'checked' : 'choose', { plan: null, inPlace: null, report })
  }

  /** Back to an empty page; `keepShare` to check another copy of the same. */
  async startOver(keepShare: boolean): Promise<void> {
    const { metainfo } = this.#snapshot
    await this.#begin('choose', { ...NOTHING, metainfo: keepShare ? metainfo : null })
  }

  /** The page goes. A repair that is not saved yet goes on in its swarm, where it can be saved from the share's page. */
  leave(): void {
    this.#unwatch?.()
    const { step } = this.#snapshot
    if (step === 'saved') void this.#repair?.end()
    if (step === 'checking' || step === 'reading') this.#work.abort()
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { metainfo, picked } = this.#snapshot
    if (!metainfo || picked.length === 0) return
    const copy = fitCopy(metainfo, picked)
    this.#set({ step: 'checking', copy, progress: null, report: null })
    const report = await checkCopy(metainfo, copy, {
      signal,
      onProgress: progress => {
        const now = performance.now()
        if (now - this.#shownAt < PROGRESS_INTERVAL_MS && this.#snapshot.progress) return
        this.#shownAt = now
        if (!signal.aborted) this.#set({ progress })
      },
    })
    if (!signal.aborted) this.#set({ step: 'checked', report })
  }

  /** Ends what ran before. */
  async #begin(step: Step, change: Partial<HealSnapshot>): Promise<AbortSignal> {
    this.#work.abort()
    this.#work = new AbortController()
    const { signal } = this.#work
    const repair = this.#repair
    this.#repair = null
    this.#unwatch?.()
    this.#unwatch = null
    this.#set({ error: null, progress: null, report: null, plan: null, inPlace: null, ...change, step })
    await repair?.end()
    return signal
  }

  /** `back` is where a failure leads. */
  async #attempt(signal: AbortSignal, back: Step, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (reason) {
      const error = toAppError(reason)
      if (signal.aborted || error.code === 'cancelled') return
      this.#set({ step: back, error })
    }
  }

  #watch({ infoHash }: Metainfo, repair: Repair): void {
    const look = () => {
      if (this.#repair !== repair || this.#snapshot.step !== 'repairing') return
      const swarm = getEngine().getSwarm(infoHash)
      if (!repair.fetches || swarm?.state === 'done') void this.#finish(repair)
      // Stopped or deleted from another page of this tab.
      else if (!swarm) void this.cancel()
    }
    this.#unwatch = getEngine().subscribe(look)
    look()
  }

  async #finish(repair: Repair): Promise<void> {
    const { inPlace, plan } = this.#snapshot
    this.#unwatch?.()
    this.#unwatch = null
    if (!plan) return
    const indexes = filesToSave(plan)
    const targets = inPlace ? inPlaceTargets(plan) : null
    if (!targets) {
      this.#set({ step: 'repaired' })
      // One file alone needs no second decision.
      if (indexes.length === 1) await this.saveAsNew(indexes)
      return
    }
    this.#set({ step: 'saving' })
    // Others must not read from files while we replace them.
    if (repair.fetches) await getEngine().pause(plan.metainfo.infoHash)
    await this.#save('repaired', watch => saveInPlace(plan, repair.store, targets, watch))
    if (this.#snapshot.step !== 'saved') return
    this.#repair = null
    await repair.end()
  }

  async #save(back: Step, save: (watch: SaveWatch) => Promise<void>): Promise<void> {
    const controller = new AbortController()
    this.#work = controller
    this.#set({ step: 'saving', savedBytes: 0, error: null })
    try {
      await save({
        signal: controller.signal,
        onProgress: savedBytes => {
          const now = performance.now()
          if (now - this.#shownAt < PROGRESS_INTERVAL_MS) return
          this.#shownAt = now
          this.#set({ savedBytes })
        },
      })
      const { infoHash } = this.#snapshot.metainfo ?? {}
      if (infoHash) getEngine().markSaved(infoHash)
      this.#set({ step: 'saved' })
    } catch (reason) {
      const error = toAppError(reason)
      if (this.#work !== controller) return
      if (error.code === 'copy_changed') this.#giveUp()
      else this.#set({ step: back, error: error.code === 'cancelled' ? null : error })
    }
  }

  /** What was found in the copy no longer holds: the repair is over. */
  #giveUp(): void {
    void this.#begin('choose', { error: new AppError('copy_changed'), picked: [], copy: null })
  }

  #set(change: Partial<HealSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change }
    for (const listener of this.#listeners) listener()
  }
}
