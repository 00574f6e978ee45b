'use client'

import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from 'react'
import { whenReachable } from '../../lib/api/when-reachable.ts'
import { AppError, toAppError } from '../../lib/base/errors.ts'
import { type PickedFile, pickFile } from '../../lib/browser/picked-file.ts'
import type { PublishDraft } from '../../lib/browser/publications/draft.ts'
import { thisTab } from '../../lib/browser/this-tab.ts'
import type { Chosen } from '../../lib/publish/list-files.ts'
import { addPicked, planShare, type SharePlan } from '../../lib/publish/plan.ts'
import { noProgress, type PublishProgress, slowly } from '../../lib/publish/progress.ts'
import { useInvitation } from '../../lib/react/page/use-invitation.ts'
import { useLeaveWarning } from '../../lib/react/page/use-leave-warning.ts'
import { useMissingCapability } from '../../lib/react/page/use-missing-capability.ts'
import { useTerms } from '../../lib/react/page/use-terms.ts'
import { endsOf } from '../common/ends-of.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { late } from '../common/late.tsx'
import { toast } from '../common/toast.ts'
import type { Audience } from './audience.tsx'
import { DropOverlay } from './drop-overlay.tsx'
import { Incoming } from './incoming/incoming.tsx'
import { Closed } from './left-out.tsx'
import { useFileDrop } from './use-file-drop.ts'
import { Welcome } from './welcome.tsx'

/** What is shown once files are chosen: loaded as soon as somebody begins to choose. */
const review = () => import('./review.tsx')
const Review = late(async () => (await review()).Review)
const HashingView = late(async () => (await import('./hashing-view.tsx')).HashingView)
const InvitationGate = late(async () => (await import('./invitation.tsx')).InvitationGate)
const InvitedAs = late(async () => (await import('./invitation.tsx')).InvitedAs)

/** Loaded while the person reviews the list of files. Errors: `server_unreachable`. */
const publishing = () =>
  import('../../lib/publish/publish.ts').catch(reason => {
    throw new AppError('server_unreachable', 'the code that publishes', { cause: reason })
  })

interface Selection {
  readonly picked: readonly PickedFile[]
  readonly plan: SharePlan
}

/** Choose files, review, hash, register, go to the share's page. */
export function PublishFlow() {
  const t = useTranslations()
  const router = useRouter()
  const missing = useMissingCapability()
  const terms = useTerms()
  const invitation = useInvitation(terms.publish)
  const isClosed = invitation.may === 'needs-invitation' || invitation.may === 'needs-sign-in'
  const [selection, setSelection] = useState<Selection | null>(null)
  const [audience, setAudience] = useState<Audience>(terms.audience === 'link' ? 'link' : 'everyone')
  const [closed, setClosed] = useState<readonly string[]>([])
  const [error, setError] = useState<AppError | null>(null)
  const [progress, setProgress] = useState<PublishProgress | null>(null)
  const [draft, setDraft] = useState<PublishDraft | null>(null)
  const abort = useRef<AbortController | null>(null)
  const hashing = progress !== null
  useLeaveWarning(hashing)
  // After a person leaves this page, a finished publication must not take them to its own.
  useEffect(() => () => abort.current?.abort(), [])

  /** Loads what comes next. What does not load now is loaded when it is needed. */
  const prepare = () => {
    publishing().then(
      ({ prepareToPublish }) => prepareToPublish(thisTab()),
      () => undefined,
    )
    import('./hashing-view.tsx').catch(() => undefined)
    import('../share/publisher/publisher-view.tsx').catch(() => undefined)
  }
  /** Replaces the selection, but only with one that can be published. */
  const select = (picked: readonly PickedFile[]) => {
    try {
      setSelection({ picked, plan: planShare(picked, { fallbackName: t('publish.folderName') }) })
      setError(null)
      prepare()
    } catch (reason) {
      setError(toAppError(reason))
    }
  }
  const startWithDraft = useEffectEvent(() => {
    const found = thisTab().draft.take()
    if (!found) return
    setDraft(found)
    select(found.files)
  })
  useEffect(() => startWithDraft(), [])
  const choose = (chosen: Chosen) => {
    setClosed(chosen.closed)
    if (chosen.files.length > 0) select(addPicked(selection?.picked ?? [], chosen.files.map(pickFile)))
    // An empty drop is a mistake, even when a selection stands: it is not added but reported.
    else if (chosen.closed.length === 0) select([])
  }
  const drop = useFileDrop(choose, { disabled: hashing || missing !== null || isClosed })
  /** What does not load now is loaded when it is shown. */
  const begin = (choosing: () => void) => {
    review().catch(() => undefined)
    choosing()
  }
  useEffect(() => {
    if (drop.dragging) review().catch(() => undefined)
  }, [drop.dragging])
  const remove = (files: ReadonlySet<File>) => {
    const rest = selection?.picked.filter(({ file }) => !files.has(file)) ?? []
    if (rest.length === 0) setSelection(null)
    else select(rest)
  }

  const publish = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!selection || hashing || isClosed) return
    const { plan } = selection
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const controller = new AbortController()
    abort.current = controller
    setError(null)
    setProgress(noProgress(plan.length))
    try {
      const { publishFiles, severalOf } = await whenReachable(publishing, {
        signal: controller.signal,
        onAway: isServerAway => setProgress({ ...noProgress(plan.length), isServerAway }),
      })
      const several = severalOf(selection.picked, plan)
      const { path } = await publishFiles(
        thisTab(),
        {
          plan,
          title: text('title'),
          usualTitle: several ? t('publish.looseTitle', several) : '',
          description: text('description'),
          comment: text('comment'),
          private: form.has('private'),
          ownLink: form.has('ownLink'),
          ...endsOf(form),
          ...(audience === 'link'
            ? { password: String(form.get('password') ?? '') }
            : terms.lists === 'choice' && { listed: form.has('listed') }),
        },
        {
          signal: controller.signal,
          onProgress: slowly(setProgress),
        },
      )
      router.push(path as Route)
    } catch (reason) {
      setProgress(null)
      const failure = toAppError(reason)
      if (failure.code === 'cancelled') toast.show(t('errors.cancelled'))
      else setError(failure)
      invitation.refuse(failure)
    }
  }

  const problem = missing ? (
    <ErrorNotice code={missing} />
  ) : (
    <>
      <Incoming take={choose} />
      {error && <ErrorNotice code={error.code} detail={error.detail} />}
      {closed.length > 0 && <Closed paths={closed} />}
    </>
  )
  return (
    <div {...drop.rootProps}>
      <input {...drop.fileInputProps} />
      <input {...drop.folderInputProps} />
      {drop.dragging && <DropOverlay />}
      {!selection && (
        <Welcome
          disabled={missing !== null || isClosed}
          reading={drop.reading}
          chooseFiles={() => begin(drop.chooseFiles)}
          chooseFolder={() => begin(drop.chooseFolder)}
        >
          {missing === null && terms.publish !== 'open' && <InvitationGate invitation={invitation} />}
          {problem}
          {terms.publish !== 'open' && <InvitedAs invitation={invitation} />}
        </Welcome>
      )}
      {selection && isClosed && (
        <div className="pt-4 sm:pt-8">
          <InvitationGate invitation={invitation} />
        </div>
      )}
      {selection && (
        // Hidden while hashing, not removed: after a cancel, what was typed is still there.
        <form onSubmit={publish} hidden={hashing} className="space-y-4 pt-4 sm:pt-8">
          {problem}
          <Review
            plan={selection.plan}
            terms={terms}
            audience={audience}
            onAudience={setAudience}
            title={draft?.title}
            description={draft?.description}
            onRemove={remove}
            onStartOver={() => {
              setSelection(null)
              setDraft(null)
              setClosed([])
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
