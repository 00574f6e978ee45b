import { Watchable } from '../base/watchable.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { NO_PROGRESS, type ShownProgress, showProgress } from './shown-progress.ts'

/** A save that is over sooner is not shown. */
const MOMENT_MS = 300

interface SavedFile {
  readonly infoHash: InfoHash
  readonly index: number
  /** Path below the share's name; untrusted text. */
  readonly path: readonly string[]
  /** Bytes. */
  readonly length: number
}

/** A file that this tab is saving, with the bytes written so far. */
export interface RunningSave extends SavedFile, ShownProgress {
  /** What was written so far is deleted. */
  readonly cancel: () => void
}

/** How a save is cancelled, and where it says how far it is. */
interface Watch {
  readonly signal: AbortSignal
  readonly onProgress: (bytes: number) => void
}

/** The files that this tab is saving one by one, and that take longer than a moment. */
export class RunningSaves {
  readonly #shown = new Watchable<readonly RunningSave[]>([])
  readonly #running = new Map<string, Promise<void>>()

  /** Calls `listener` after each change; returns the unsubscribe. */
  readonly subscribe = this.#shown.subscribe
  readonly getSnapshot = this.#shown.getSnapshot

  /** Saves `file` with `save`, once at a time: what is asked for meanwhile is the one that runs. Errors: those of `save`. */
  run(file: SavedFile, save: (watch: Watch) => Promise<void>): Promise<void> {
    const id = `${file.infoHash}/${file.index}`
    const running = this.#running.get(id) ?? this.#run(file, save).finally(() => this.#running.delete(id))
    this.#running.set(id, running)
    return running
  }

  async #run(file: SavedFile, save: (watch: Watch) => Promise<void>): Promise<void> {
    const controller = new AbortController()
    let shown: RunningSave = { ...file, ...NO_PROGRESS, cancel: () => controller.abort() }
    const others = () => this.#shown.getSnapshot().filter(each => each !== shown)
    const timer = setTimeout(() => this.#shown.set([...others(), shown]), MOMENT_MS)
    const onProgress = showProgress(file.length, progress => {
      const before = shown
      shown = { ...before, ...progress }
      this.#shown.set(this.#shown.getSnapshot().map(each => (each === before ? shown : each)))
    })
    try {
      await save({ signal: controller.signal, onProgress })
    } finally {
      clearTimeout(timer)
      this.#shown.set(others())
    }
  }
}
