import { CircleCheck } from 'lucide-react'
import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { useState } from 'react'
import { type ErrorCode, toAppError } from '../../lib/base/errors.ts'
import type { SavedDelivery } from '../../lib/browser/records/saved-inboxes.ts'
import { useErrorText } from '../../lib/react/page/use-error-text.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useArrival } from '../../lib/react/receive/use-arrival.ts'
import type { DeliveryState } from '../../lib/receive/fetch-delivery.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Name } from '../common/name.tsx'
import { ProgressAnnouncer } from '../common/progress-announcer.tsx'
import { SaveActions } from '../share/reader/saving/save-actions.tsx'
import { Button } from '../ui/button.tsx'
import { Progress } from '../ui/progress.tsx'

interface DeliveryRowProps {
  readonly delivery: SavedDelivery
  /** While it is no download yet. */
  readonly state: DeliveryState | undefined
  readonly onAccept: () => void
}

/** What one sender sent: who, what, how far it is, and saving it. Name and title are those of a stranger. */
export function DeliveryRow({ delivery, onAccept, state }: DeliveryRowProps) {
  const { at, files, infoHash, key, length, name, started, title } = delivery
  const t = useTranslations('receive')
  const format = useFormat()
  const locale = useLocale()
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  return (
    <li
      data-delivery={infoHash}
      data-state={started ? 'started' : (state?.is ?? 'looking')}
      className="space-y-3 py-4"
    >
      <div>
        <p className="text-muted text-sm">
          {name === ''
            ? t('fromSomebody')
            : t.rich('from', { name: () => <Name text={name} className="font-semibold text-ink" /> })}
          {' · '}
          {time.format(new Date(at))}
        </p>
        <p className="mt-0.5">
          <Link
            href={`/d/${infoHash}#${key}`}
            className="inline-block min-h-6 break-words font-semibold underline decoration-edge underline-offset-4 [overflow-wrap:anywhere] hover:decoration-2"
          >
            {title === '' ? t('unnamed') : <Name text={title} />}
          </Link>
        </p>
        <p className="text-muted text-sm tabular-nums">
          {format.files(files)} · {format.bytes(length)}
        </p>
      </div>
      {started ? <Arriving delivery={delivery} /> : <Before state={state} onAccept={onAccept} />}
    </li>
  )
}

/** Before it is a download. */
function Before({ state, onAccept }: Pick<DeliveryRowProps, 'state' | 'onAccept'>) {
  const t = useTranslations('receive')
  const format = useFormat()
  const errorText = useErrorText('reader')
  if (state?.is === 'failed') return <p className="text-sm">{errorText(state.code)}</p>
  if (state?.is === 'asks') {
    return (
      <div className="space-y-3">
        <p className="text-sm">{t(`asks.${state.why}`)}</p>
        <Button look="primary" onClick={onAccept}>
          {t('accept', { size: format.bytes(state.length) })}
        </Button>
      </div>
    )
  }
  return (
    <p role="status" className="text-muted text-sm">
      {t(state?.is === 'away' ? 'away' : 'opening')}
    </p>
  )
}

/** A download of this browser. */
function Arriving({ delivery: { infoHash, title } }: { readonly delivery: SavedDelivery }) {
  const t = useTranslations()
  const format = useFormat()
  const { files, isComplete, isGone, isSaved, progress, swarm } = useArrival(infoHash)
  const [failure, setFailure] = useState<ErrorCode | null>(null)
  const onError = (reason: unknown) => setFailure(toAppError(reason).code)
  if (isGone) return <p className="text-muted text-sm">{t('receive.gone')}</p>
  const error = failure ?? swarm?.error?.code ?? swarm?.problem?.code ?? null
  const words = swarm ? t(`tab.state.${swarm.state}`) : t('tab.state.waiting')
  return (
    <div data-progress={progress} className="space-y-3">
      {error && <ErrorNotice audience="reader" code={error} />}
      {isComplete ? (
        <p className="flex items-center gap-2 text-sm">
          <CircleCheck aria-hidden="true" className="size-5 shrink-0 text-leaf" />
          {t('receive.here')}
        </p>
      ) : (
        <>
          <Progress
            value={progress}
            label={t('library.progress', { title: title || t('receive.unnamed') })}
            valueText={format.percent(progress)}
          />
          <p className="text-muted text-sm tabular-nums">
            {format.percent(progress)} · {words}
          </p>
        </>
      )}
      <ProgressAnnouncer state={isComplete ? t('receive.here') : words} value={progress} />
      {files && (
        <SaveActions
          infoHash={infoHash}
          wanted={files.flatMap(({ length, padding, path }, index) =>
            padding ? [] : { path, length, index },
          )}
          isFileSaved={isSaved}
          place="row"
          onError={onError}
        />
      )}
    </div>
  )
}
