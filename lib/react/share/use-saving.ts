import { useRef, useState } from 'react'
import { NO_PROGRESS, type ShownProgress, showProgress } from '../../browser/shown-progress.ts'
import { type SaveWatch, wasCancelled } from '../../save/save.ts'

export interface Saving {
  /** Of the save that runs; null while none runs. */
  readonly progress: ShownProgress | null
  /** Run `save` of `length` bytes; failures go to `onError`, a cancel does not. */
  readonly run: (length: number, save: (watch: SaveWatch) => Promise<void>) => Promise<void>
  readonly cancel: () => void
}

/** One save at a time, with its progress and a way to cancel it. It goes on when the person opens another page. */
export function useSaving(onError: (reason: unknown) => void): Saving {
  const [progress, setProgress] = useState<ShownProgress | null>(null)
  const running = useRef<AbortController>(null)
  const cancel = () => running.current?.abort()

  const run: Saving['run'] = async (length, save) => {
    const controller = new AbortController()
    running.current = controller
    setProgress(NO_PROGRESS)
    try {
      await save({ signal: controller.signal, onProgress: showProgress(length, setProgress) })
    } catch (reason) {
      if (!wasCancelled(reason)) onError(reason)
    } finally {
      running.current = null
      setProgress(null)
    }
  }
  return { progress, run, cancel }
}
