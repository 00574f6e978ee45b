import { useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { type AppError, toAppError } from '../../lib/base/errors.ts'
import { type PublishProgress, slowly } from '../../lib/publish/progress.ts'
import { useLeaveWarning } from '../../lib/react/page/use-leave-warning.ts'
import { toast } from '../common/toast.ts'

interface Control {
  readonly signal: AbortSignal
  readonly onProgress: (progress: PublishProgress) => void
  /** While the server does not answer. */
  readonly onAway: (isServerAway: boolean) => void
}

/** Hashing and publishing, which take a while: their progress, and a way to cancel them. `onFailure` is not told of a cancel. */
export function usePublishing(onFailure: (failure: AppError) => void) {
  const t = useTranslations('errors')
  const [progress, setProgress] = useState<PublishProgress | null>(null)
  const abort = useRef<AbortController | null>(null)
  useLeaveWarning(progress !== null)
  // After a person leaves this page, a finished publication must not take them to its own.
  useEffect(() => () => abort.current?.abort(), [])

  /** `work` ends by leaving the page, or fails. Never rejects. */
  const run = async (start: PublishProgress, work: (control: Control) => Promise<void>): Promise<void> => {
    const controller = new AbortController()
    abort.current = controller
    setProgress(start)
    try {
      await work({
        signal: controller.signal,
        onProgress: slowly(setProgress),
        onAway: isServerAway => setProgress({ ...start, isServerAway }),
      })
    } catch (reason) {
      setProgress(null)
      const failure = toAppError(reason)
      if (failure.code === 'cancelled') toast.show(t('cancelled'))
      else onFailure(failure)
    }
  }
  return { progress, run, cancel: () => abort.current?.abort() }
}
