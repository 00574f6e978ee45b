'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { fetchInbox } from '../../lib/api/inboxes.ts'
import { whenReachable } from '../../lib/api/when-reachable.ts'
import { AppError, toAppError } from '../../lib/base/errors.ts'
import { type PickedFile, pickFile } from '../../lib/browser/picked-file.ts'
import { thisTab } from '../../lib/browser/this-tab.ts'
import type { Chosen } from '../../lib/publish/list-files.ts'
import { addPicked, planShare, type SharePlan } from '../../lib/publish/plan.ts'
import { noProgress, type PublishProgress, slowly } from '../../lib/publish/progress.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useInvitation } from '../../lib/react/page/use-invitation.ts'
import { useLeaveWarning } from '../../lib/react/page/use-leave-warning.ts'
import { useMissingCapability } from '../../lib/react/page/use-missing-capability.ts'
import { useTerms } from '../../lib/react/page/use-terms.ts'
import { useAsk } from '../../lib/react/receive/use-ask.ts'
import type { Delivery } from '../../lib/receive/delivery.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { late } from '../common/late.tsx'
import { Name } from '../common/name.tsx'
import { toast } from '../common/toast.ts'
import { ChooseFiles } from '../publish/choose-files.tsx'
import { DropOverlay } from '../publish/drop-overlay.tsx'
import { InvitationGate } from '../publish/invitation.tsx'
import { Closed } from '../publish/left-out.tsx'
import { useFileDrop } from '../publish/use-file-drop.ts'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'

const SendReview = late(async () => (await import('./send-review.tsx')).SendReview)
const HashingView = late(async () => (await import('../publish/hashing-view.tsx')).HashingView)

/** Loaded while the person looks at what was chosen. Errors: `server_unreachable`. */
const publishing = () => import('../../lib/publish/publish.ts').catch(fail)
const telling = () => import('../../lib/receive/send-delivery.ts').catch(fail)

function fail(cause: unknown): never {
  throw new AppError('server_unreachable', 'the code that publishes', { cause })
}

interface Selection {
  readonly picked: readonly PickedFile[]
  readonly plan: SharePlan
}

/** What is published already, while whoever asked does not know of it yet. */
interface Undelivered {
  readonly path: string
  readonly delivery: Delivery
}

/** For who opens a link to send files with: choose, send, and go to the page that says when they have arrived. */
export function SendFlow({ id }: { readonly id: string }) {
  const t = useTranslations()
  const format = useFormat()
  const router = useRouter()
  const missing = useMissingCapability()
  const invitation = useInvitation(useTerms().publish)
  const isClosed = invitation.may === 'needs-invitation' || invitation.may === 'needs-sign-in'
  const { asked, error: askError, retry } = useAsk(id)
  const [selection, setSelection] = useState<Selection | null>(null)
  const [closed, setClosed] = useState<readonly string[]>([])
  const [error, setError] = useState<AppError | null>(null)
  const [progress, setProgress] = useState<PublishProgress | null>(null)
  const [undelivered, setUndelivered] = useState<Undelivered | null>(null)
  const abort = useRef<AbortController | null>(null)
  useLeaveWarning(progress !== null)
  useEffect(() => () => abort.current?.abort(), [])

  const select = (picked: readonly PickedFile[]) => {
    try {
      setSelection({ picked, plan: planShare(picked, { fallbackName: t('publish.folderName') }) })
      setError(null)
      publishing().then(
        ({ prepareToPublish }) => prepareToPublish(thisTab()),
        () => undefined,
      )
      telling().catch(() => undefined)
    } catch (reason) {
      setError(toAppError(reason))
    }
  }
  const choose = (chosen: Chosen) => {
    setClosed(chosen.closed)
    if (chosen.files.length > 0) select(addPicked(selection?.picked ?? [], chosen.files.map(pickFile)))
    else if (chosen.closed.length === 0) select([])
  }
  const isBusy = progress !== null || undelivered !== null
  const drop = useFileDrop(choose, { disabled: isBusy || !asked || missing !== null || isClosed })
  const remove = (files: ReadonlySet<File>) => {
    const rest = selection?.picked.filter(({ file }) => !files.has(file)) ?? []
    if (rest.length === 0) setSelection(null)
    else select(rest)
  }

  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!selection || !asked || isBusy || isClosed) return
    const { plan } = selection
    const name = String(new FormData(event.currentTarget).get('name') ?? '')
    const controller = new AbortController()
    abort.current = controller
    const { signal } = controller
    const onAway = (isServerAway: boolean) => setProgress({ ...noProgress(plan.length), isServerAway })
    setError(null)
    setProgress(noProgress(plan.length))
    try {
      // Gigabytes are not hashed for a link that takes nothing more.
      await whenReachable(() => fetchInbox(id), { signal, onAway })
      const { publishFiles, severalOf } = await whenReachable(publishing, { signal, onAway })
      const several = severalOf(selection.picked, plan)
      const published = await publishFiles(
        thisTab(),
        { plan, usualTitle: several ? t('publish.looseTitle', several) : '', password: '' },
        { signal, onProgress: slowly(setProgress) },
      )
      const { infoHash, key, path, title } = published
      if (key === null) throw new AppError('internal', 'what is sent is encrypted')
      const { length: files } = plan.files
      await tell({ path, delivery: { name, title, infoHash, key, files, length: plan.length } })
    } catch (reason) {
      const failure = toAppError(reason)
      setProgress(null)
      if (failure.code === 'cancelled') toast.show(t('errors.cancelled'))
      else setError(failure)
      invitation.refuse(failure)
    }
  }

  /** Tells whoever asked, and goes to the page of what is sent. Never rejects. */
  const tell = async (next: Undelivered) => {
    if (!asked) return
    const { delivery, path } = next
    const { files: filesDone, length } = delivery
    const done = { ...noProgress(length), bytesDone: length, filesDone }
    const controller = new AbortController()
    abort.current = controller
    setUndelivered(next)
    setError(null)
    setProgress(done)
    try {
      const { askToKeep, sendDelivery } = await telling()
      await sendDelivery(id, asked.key, delivery, {
        signal: controller.signal,
        onAway: isServerAway => setProgress({ ...done, isServerAway }),
      })
      void askToKeep(delivery.infoHash)
      toast.show(t('receive.sent'))
      router.push(path as Route)
    } catch (reason) {
      setProgress(null)
      const failure = toAppError(reason)
      if (failure.code !== 'cancelled') setError(failure)
    }
  }

  const heading = asked?.title
    ? t.rich('receive.asked', { title: () => <Name text={asked.title} /> })
    : t('receive.sendTitle')
  return (
    <div {...drop.rootProps} data-send={asked ? 'ready' : 'reading'} className="space-y-4 pt-6 pb-8 sm:pt-12">
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
            plan={selection.plan}
            label={t('receive.send', { size: format.bytes(selection.plan.length) })}
            onRemove={remove}
            onStartOver={() => {
              setSelection(null)
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
