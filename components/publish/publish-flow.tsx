'use client'

import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { type FormEvent, useEffect, useEffectEvent, useState } from 'react'
import { whenReachable } from '../../lib/api/when-reachable.ts'
import type { AppError } from '../../lib/base/errors.ts'
import type { PublishDraft } from '../../lib/browser/publications/draft.ts'
import { thisTab } from '../../lib/browser/this-tab.ts'
import { loadPublish } from '../../lib/publish/load-publish.ts'
import { noProgress } from '../../lib/publish/progress.ts'
import { useMissingCapability } from '../../lib/react/page/use-missing-capability.ts'
import { useTerms } from '../../lib/react/page/use-terms.ts'
import { useInvitation } from '../../lib/react/publisher/use-invitation.ts'
import { endsOf } from '../common/ends-of.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { late } from '../common/late.tsx'
import type { Audience } from './audience.tsx'
import { DropOverlay } from './drop/drop-overlay.tsx'
import { Incoming } from './incoming/incoming.tsx'
import { Closed } from './left-out.tsx'
import { usePublishing } from './use-publishing.ts'
import { useSelection } from './use-selection.ts'
import { Welcome } from './welcome.tsx'

/** What is shown once files are chosen: loaded as soon as somebody begins to choose. */
const review = () => import('./review.tsx')
const Review = late(async () => (await review()).Review)
const HashingView = late(async () => (await import('./hashing-view.tsx')).HashingView)
const InvitationGate = late(async () => (await import('./invitation.tsx')).InvitationGate)
const InvitedAs = late(async () => (await import('./invitation.tsx')).InvitedAs)

/** Loads what comes next. What does not load now is loaded when it is needed. */
function prepare(): void {
  loadPublish().then(
    ({ prepareToPublish }) => prepareToPublish(thisTab()),
    () => undefined,
  )
  import('./hashing-view.tsx').catch(() => undefined)
  import('../share/publisher/publisher-view.tsx').catch(() => undefined)
}

/** Choose files, review, hash, register, go to the share's page. */
export function PublishFlow() {
  const router = useRouter()
  const missing = useMissingCapability()
  const terms = useTerms()
  const invitation = useInvitation(terms.publish)
  const isClosed = invitation.may === 'needs-invitation' || invitation.may === 'needs-sign-in'
  const [audience, setAudience] = useState<Audience>(terms.audience === 'link' ? 'link' : 'everyone')
  const [error, setError] = useState<AppError | null>(null)
  const [draft, setDraft] = useState<PublishDraft | null>(null)
  const { cancel, progress, run } = usePublishing(failure => {
    setError(failure)
    invitation.refuse(failure)
  })
  const hashing = progress !== null
  const { choose, closed, drop, remove, select, selection, startOver } = useSelection({
    disabled: hashing || missing !== null || isClosed,
    onSelected: prepare,
    onProblem: setError,
  })
  const startWithDraft = useEffectEvent(() => {
    const found = thisTab().draft.take()
    if (!found) return
    setDraft(found)
    select(found.files)
  })
  useEffect(() => startWithDraft(), [])
  /** What does not load now is loaded when it is shown. */
  const begin = (choosing: () => void) => {
    review().catch(() => undefined)
    choosing()
  }
  useEffect(() => {
    if (drop.dragging) review().catch(() => undefined)
  }, [drop.dragging])

  const publish = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!selection || hashing || isClosed) return
    const { plan } = selection
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    setError(null)
    await run(noProgress(plan.length), async control => {
      const { publishFiles } = await whenReachable(loadPublish, control)
      const request = {
        plan,
        title: text('title'),
        usualTitle: text('usualTitle'),
        description: text('description'),
        comment: text('comment'),
        private: form.has('private'),
        ownLink: form.has('ownLink'),
        ...endsOf(form),
        ...(audience === 'link'
          ? { password: String(form.get('password') ?? '') }
          : terms.lists === 'choice' && { listed: form.has('listed') }),
      }
      const { path } = await publishFiles(thisTab(), request, control)
      router.push(path as Route)
    })
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
    <div>
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
            {...selection}
            terms={terms}
            audience={audience}
            onAudience={setAudience}
            title={draft?.title}
            description={draft?.description}
            onRemove={remove}
            onStartOver={() => {
              startOver()
              setDraft(null)
            }}
            onAddFiles={drop.chooseFiles}
            onAddFolder={drop.chooseFolder}
          />
        </form>
      )}
      {selection && progress && <HashingView plan={selection.plan} progress={progress} onCancel={cancel} />}
    </div>
  )
}
