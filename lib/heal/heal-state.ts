import type { AppError } from '../base/errors.ts'
import { Watchable } from '../base/watchable.ts'
import type { PickedFile } from '../browser/picked-file.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import type { CheckProgress, CopyReport } from './check-copy.ts'
import type { LocalCopy } from './local-copy.ts'
import type { RepairPlan } from './repair-plan.ts'

/** People cannot read faster. */
const PROGRESS_INTERVAL_MS = 200

/**
 * `choose` the share or the copy is missing, or the check was cancelled · `reading` the metainfo of the share ·
 * `checking` · `checked` see `report` · `starting` a repair · `repairing` bad pieces arrive, see the swarm · `repaired`
 * all bytes are here, to be saved as new files · `saving` · `saved` in place or as new files.
 */
export type HealStep =
  | 'choose'
  | 'reading'
  | 'checking'
  | 'checked'
  | 'starting'
  | 'repairing'
  | 'repaired'
  | 'saving'
  | 'saved'

/** Immutable snapshot of a check and repair, replaced whenever something changes. */
export interface HealSnapshot {
  readonly step: HealStep
  readonly error: AppError | null
  readonly metainfo: Metainfo | null
  /** The files the person chose as their copy. */
  readonly picked: readonly PickedFile[]
  readonly copy: LocalCopy | null
  readonly progress: CheckProgress | null
  readonly report: CopyReport | null
  readonly plan: RepairPlan | null
  /** Whether it is saved into the person's own files; null before the repair. */
  readonly inPlace: boolean | null
  /** Written so far by the save that runs; bytes. */
  readonly savedBytes: number
}

const EMPTY: HealSnapshot = {
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

/** State of one check and repair, for the page to watch. */
export class HealState {
  readonly #snapshot = new Watchable(EMPTY)

  readonly subscribe = this.#snapshot.subscribe
  readonly getSnapshot = this.#snapshot.getSnapshot

  change(change: Partial<HealSnapshot>): void {
    this.#snapshot.set({ ...this.#snapshot.getSnapshot(), ...change })
  }

  /** Back to the beginning of `step`, with `change` and with the share and the copy chosen before. */
  restart(step: HealStep, change: Partial<HealSnapshot>): void {
    const { copy, metainfo, picked, savedBytes } = this.getSnapshot()
    this.#snapshot.set({ ...EMPTY, copy, metainfo, picked, savedBytes, ...change, step })
  }
}

/** Passes values on to `show`, but not more often than people can read. */
export function throttled<Value>(show: (value: Value) => void): (value: Value) => void {
  let shownAt = Number.NEGATIVE_INFINITY
  return value => {
    const now = performance.now()
    if (now - shownAt < PROGRESS_INTERVAL_MS) return
    shownAt = now
    show(value)
  }
}
