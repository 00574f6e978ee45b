'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { fetchInbox } from '../../lib/api/inboxes.ts'
import { whenReachable } from '../../lib/api/when-reachable.ts'
import { AppError } from '../../lib/base/errors.ts'
import { thisTab } from '../../lib/browser/this-tab.ts'
import { loadPublish, refuse } from '../../lib/publish/load-publish.ts'
import { noProgress } from '../../lib/publish/progress.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useMissingCapability } from '../../lib/react/page/use-missing-capability.ts'
import { useTerms } from '../../lib/react/page/use-terms.ts'
import { useInvitation } from '../../lib/react/publisher/use-invitation.ts'
import { useAsk } from '../../lib/react/receive/use-ask.ts'
import type { Delivery } from '../../lib/receive/delivery.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { late } from '../common/late.tsx'
import { Name } from '../common/name.tsx'
import { toast } from '../common/toast.ts'
import { ChooseFiles } from '../publish/choose-files.tsx'
import { DropOverlay } from '../publish/drop/drop-overlay.tsx'
import { InvitationGate } from '../publish/invitation.tsx'
import { Closed } from '../publish/left-out.tsx'
import { usePublishing } from '../publish/use-publishing.ts'
import { useSelection } from '../publish/use-selection.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'

const SendReview = late(async () => (await import('./send-review.tsx')).SendReview)
const HashingView = late(async () => (await import('../publish/hashing-view.tsx')).HashingView)

const telling = () => import('../../lib/receive/send-delivery.ts').catch(refuse)

/** What is published already, while whoever asked does not know of it yet. */
interface Undelivered {
  readonly path: string
  readonly delivery: Delivery
}

/** Loads what comes next. What does not load now is loaded when it is needed. */
function prepare(): void {
  loadPublish().then(
    ({ prepareToPublish }) => prepareToPublish(thisTab()),
    () => undefined,
  )
  telling().catch(() => undefined)
}

/** For who opens a link to send files with: choose, send, and go to the page that says when they have arrived. */
export function SendFlow({ id }: { readonly id: string }) {
  const t = useTranslations()
  const format = useFormat()
  const router = useRouter()
  const missing = useMissingCapability()
  const invitation = useInvitation(useTerms().publish)
  const { asked, error: askError, retry } = useAsk(id)
  const mayNot = invitation.may === 'needs-invitation' || invitation.may === 'needs-sign-in'
  // What is sent is published by the right of who asked, where they lend it.
  const isLent = typeof asked?.sendToken === 'string'
  const isClosed = mayNot && !isLent
  const [error, setError] = useState<AppError | null>(null)
  const [undelivered, setUndelivered] = useState<Undelivered | null>(null)
  const { cancel, progress, run } = usePublishing(failure => {
    setError(failure)
    invitation.refuse(failure)
  })
  const isBusy = progress !== null || undelivered !== null
  const { closed, drop, remove, selection, startOver } = useSelection({
    disabled: isBusy || !asked || missing !== null || isClosed,
    onSelected: prepare,
    onProblem: setError,
  })

  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!selection || !asked || isBusy || isClosed) return
    const { plan } = selection
    const form = new FormData(event.currentTarget)
    const name = String(form.get('name') ?? '')
    const usualTitle = String(form.get('usualTitle') ?? '')
    setError(null)
    await run(noProgress(plan.length), async control => {
      // Gigabytes are not hashed for a link that takes nothing more.
      await whenReachable(() => fetchInbox(id), control)
      const { publishFiles } = await whenReachable(loadPublish, control)
      const request = { plan, usualTitle, password: '', token: asked.sendToken ?? undefined }
      const { infoHash, key, path, title } = await publishFiles(thisTab(), request, control)
      if (key === null) throw new AppError('internal', 'what is sent is encrypted')
      const { length: files } = plan.files
      await tell({ path, delivery: { name, title, infoHash, key, files, length: plan.length } })
    })
  }

  /** Tells whoever asked, and goes to the page of what is sent. Never rejects. */
  const tell = async (next: Undelivered) => {
    if (!asked) return
    const { delivery, path } = next
    const { files: filesDone, length } = delivery
    setUndelivered(next)
    setError(null)
    await run({ ...noProgress(length), bytesDone: length, filesDone }, async control => {
      const { askToKeep, sendDelivery } = await telling()
      const isNoted = await sendDelivery({ id, ...asked }, { delivery, isLent }, control)
      void askToKeep(delivery.infoHash)
      // Otherwise the next page says it.
      if (!isNoted) toast.show(t('receive.sent'))
      router.push(path as Route)
    })
  }

  const heading = asked?.title
    ? t.rich('receive.asked', { title: () => <Name text={asked.title} /> })
    : t('receive.sendTitle')
  return (
    <div data-send={asked ? 'ready' : 'reading'} className="space-y-4 pt-6 pb-8 sm:pt-12">
      <input {...drop.fileInputProps} />
      <input {...drop.folderInputProps} />
      {drop.dragging && <DropOverlay />}
      <div hidden={progress !== null}>
        <h1 className="break-words font-bold text-3xl tracking-tight [overflow-wrap:anywhere] sm:text-4xl">
          {heading}
        </h1>
        <p className="mt-3 max-w-xl text-lg text-muted">{t('receive.sendLead')}</p>
      </div>
      {missing && <ErrorNotice code={missing} />}
      {askError && !missing && <AskProblem error={askError} onRetry={retry} />}
      {error && <ErrorNotice code={error.code} detail={error.detail} />}
      {closed.length > 0 && !isBusy && <Closed paths={closed} />}
      {asked && missing === null && isClosed && <InvitationGate invitation={invitation} />}
      <noscript className="block">
        <Notice tone="amber">
          <p>{t('noScript.publish')}</p>
        </Notice>
      </noscript>
      {!askError && missing === null && !isClosed && !selection && (
        <ChooseFiles
          reading={drop.reading}
          chooseFiles={drop.chooseFiles}
          chooseFolder={drop.chooseFolder}
          waits={asked === null}
        />
      )}
      {undelivered && !progress && (
        <section data-undelivered className="card space-y-4 p-4 sm:p-6">
          <p>{t('receive.undelivered')}</p>
          <div className="flex flex-wrap gap-2">
            <Button look="primary" onClick={() => void tell(undelivered)}>
              {t('share.retry')}
            </Button>
            <Button asChild>
              <Link href={undelivered.path as Route}>{t('receive.openPage')}</Link>
            </Button>
          </div>
        </section>
      )}
      {selection && !undelivered && (
        // Hidden while hashing, not removed: after a cancel, what was typed is still there.
        <form onSubmit={send} hidden={progress !== null} className="space-y-4 pt-4">
          <SendReview
            {...selection}
            label={t('receive.send', { size: format.bytes(selection.plan.length) })}
            onRemove={remove}
            onStartOver={startOver}
            onAddFiles={drop.chooseFiles}
            onAddFolder={drop.chooseFolder}
          />
        </form>
      )}
      {selection && progress && <HashingView plan={selection.plan} progress={progress} onCancel={cancel} />}
    </div>
  )
}

/** Why a link cannot be read. */
function AskProblem({
  error: { code, detail },
  onRetry,
}: {
  readonly error: AppError
  readonly onRetry: () => void
}) {
  const t = useTranslations()
  if (code === 'key_missing' || code === 'key_wrong') {
    return (
      <Notice tone="red" role="alert" data-error={code}>
        <p>{t('receive.cut')}</p>
      </Notice>
    )
  }
  return (
    <>
      <ErrorNotice audience="reader" code={code} detail={detail} />
      {code === 'server_unreachable' && <Button onClick={onRetry}>{t('share.retry')}</Button>}
    </>
  )
}
