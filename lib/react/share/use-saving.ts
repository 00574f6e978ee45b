import { useRef, useState } from 'react'
import { toAppError } from '../../base/errors.ts'
import type { SaveWatch } from '../../save/save.ts'

/** Chunks come hundreds of times a second; people cannot read faster than this. */
const SHOW_EVERY_MS = 200

interface Saving {
  /** Bytes written by the save that runs; null while none runs. */
  readonly bytes: number | null
  /** Run `save`; failures go to `onError`, a cancel does not. */
  readonly run: (save: (watch: SaveWatch) => Promise<void>) => Promise<void>
  readonly cancel: () => void
}

/** One save at a time, with its progress and a way to cancel it. It goes on when the person opens another page. */
export function useSaving(onError: (reason: unknown) => void): Saving {
  const [bytes, setBytes] = useState<number | null>(null)
  const running = useRef<AbortController>(null)
  const cancel = () => running.current?.abort()

  const run: Saving['run'] = async save => {
    const controller = new AbortController()
    running.current = controller
    let shownAt = Number.NEGATIVE_INFINITY
    const onProgress = (written: number) => {
      const now = performance.now()
      if (now - shownAt < SHOW_EVERY_MS) return
      shownAt = now
      setBytes(written)
    }
    setBytes(0)
    try {
      await save({ signal: controller.signal, onProgress })
    } catch (reason) {
      // The person closed the picker, or cancelled.
      const closed = reason instanceof DOMException && reason.name === 'AbortError'
      if (!closed && toAppError(reason).code !== 'cancelled') onError(reason)
    } finally {
      running.current = null
      setBytes(null)
    }
  }
  return { bytes, run, cancel }
}
