'use client'

import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from 'react'
import { toast } from 'sonner'
import { type AppError, toAppError } from '../../lib/base/errors.ts'
import { type PublishDraft, takeDraft } from '../../lib/browser/publications/draft.ts'
import { type PickedFile, pickFile, planShare, type SharePlan } from '../../lib/publish/plan.ts'
import { type PublishProgress, prepareToPublish, publishFiles } from '../../lib/publish/publish.ts'
import { useLeaveWarning } from '../../lib/react/page/use-leave-warning.ts'
import { useMissingCapability } from '../../lib/react/page/use-missing-capability.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { DropOverlay } from './drop-overlay.tsx'
import { HashingView } from './hashing-view.tsx'
import { Review } from './review.tsx'
import { useFileDrop } from './use-file-drop.ts'
import { Welcome } from './welcome.tsx'

/** People cannot read faster, and React has better things to do while hashes are made. */
const PROGRESS_INTERVAL_MS = 200

interface Selection {
  readonly picked: readonly PickedFile[]
  readonly plan: SharePlan
}

const NOTHING_DONE = { bytesDone: 0, filesDone: 0, resumedFrom: 0, rate: 0, timeLeft: null }

/** From dropped files to the share's page: choose, review, hash and register, go there. `lists`: the server names shares. */
export function PublishFlow({ lists }: { readonly lists: boolean }) {
  const t = useTranslations()
  const router = useRouter()
  const missing = useMissingCapability()
  const [selection, setSelection] = useState<Selection | null>(null)
  const [error, setError] = useState<AppError | null>(null)
  const [progress, setProgress] = useState<PublishProgress | null>(null)
  const [draft, setDraft] = useState<PublishDraft | null>(null)
  const abort = useRef<AbortController | null>(null)
  const hashing = progress !== null
  useLeaveWarning(hashing)
  // Who goes to another page meanwhile does not want to be fetched away from it later.
  useEffect(() => () => abort.current?.abort(), [])

  /** Only a selection that can be published replaces the one that stands. */
  const select = (picked: readonly PickedFile[]) => {
    try {
      setSelection({ picked, plan: planShare(picked, { fallbackName: t('publish.folderName') }) })
      setError(null)
      prepareToPublish()
    } catch (reason) {
      setError(toAppError(reason))
    }
  }
  const startWithDraft = useEffectEvent(() => {
    const found = takeDraft()
    if (!found) return
    setDraft(found)
    select(found.files)
  })
  useEffect(() => startWithDraft(), [])
  const drop = useFileDrop(hashing || missing !== null, files =>
    // Alone they must hold something too: an empty drop onto a full selection is still a mistake.
    select(files.length === 0 ? [] : [...(selection?.picked ?? []), ...files.map(pickFile)]),
  )
  const remove = (files: ReadonlySet<File>) => {
    const rest = selection?.picked.filter(({ file }) => !files.has(file)) ?? []
    if (rest.length === 0) setSelection(null)
    else select(rest)
  }

  const publish = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!selection || hashing) return
    const { plan } = selection
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const controller = new AbortController()
    abort.current = controller
    setError(null)
    setProgress({ ...NOTHING_DONE, bytesTotal: plan.length })
    let shownAt = 0
    try {
      const { infoHash } = await publishFiles(
        {
          plan,
          title: text('title'),
          description: text('description'),
          comment: text('comment'),
          private: form.has('private'),
          ...(lists && { listed: form.has('listed') }),
        },
        {
          signal: controller.signal,
          onProgress: next => {
            const now = performance.now()
            if (now - shownAt < PROGRESS_INTERVAL_MS && next.bytesDone < next.bytesTotal) return
            shownAt = now
            setProgress(next)
          },
        },
      )
      router.push(`/d/${infoHash}`)
    } catch (reason) {
      setProgress(null)
      const failure = toAppError(reason)
      if (failure.code === 'cancelled') toast(t('errors.cancelled'))
      else setError(failure)
    }
  }

  const problem = missing ? (
    <ErrorNotice code={missing} />
  ) : (
    error && <ErrorNotice code={error.code} detail={error.detail} />
  )
  return (
    <div {...drop.rootProps}>
      <input {...drop.fileInputProps} />
      <input {...drop.folderInputProps} />
      {drop.dragging && <DropOverlay />}
      {!selection && (
        <Welcome
          disabled={missing !== null}
          reading={drop.reading}
          chooseFiles={drop.chooseFiles}
          chooseFolder={drop.chooseFolder}
        >
          {problem}
        </Welcome>
      )}
      {selection && (
        // Hidden while hashing, not gone: after a cancel everything typed is still there.
        <form onSubmit={publish} hidden={hashing} className="space-y-4 pt-4 sm:pt-8">
          {problem}
          <Review
            plan={selection.plan}
            lists={lists}
            title={draft?.title}
            description={draft?.description}
            onRemove={remove}
            onStartOver={() => {
              setSelection(null)
              setDraft(null)
              setError(null)
            }}
            onAddFiles={drop.chooseFiles}
            onAddFolder={drop.chooseFolder}
          />
        </form>
      )}
      {selection && progress && (
        <HashingView plan={selection.plan} progress={progress} onCancel={() => abort.current?.abort()} />
      )}
    </div>
  )
}
