import { Inbox } from 'lucide-react'
import { useLocale, useTranslations } from 'next-intl'
import { useEffect, useRef, useState } from 'react'
import { toAppError } from '../../lib/base/errors.ts'
import type { SavedInbox } from '../../lib/browser/records/saved-inboxes.ts'
import { deliveryId, type Receiving, type ReceivingState } from '../../lib/receive/receiving.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Name } from '../common/name.tsx'
import { toast } from '../common/toast.ts'
import { ShareLink } from '../share/links/share-link.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { DeliveryRow } from './delivery-row.tsx'

interface InboxCardProps {
  readonly inbox: SavedInbox
  readonly origin: string
  readonly states: ReceivingState['states']
  readonly receiving: () => Receiving
  /** The person has just made it. */
  readonly isNew: boolean
}

/** One link with which files are asked for, and everything that came. */
export function InboxCard({ inbox, isNew, origin, receiving, states }: InboxCardProps) {
  const t = useTranslations()
  const locale = useLocale()
  const [isAsking, setAsking] = useState(false)
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that made it, which had the focus, may be gone.
  useEffect(() => {
    if (isNew) heading.current?.focus()
  }, [isNew])
  const { deliveries, ended, expiresAt, fragment, id, title, unreadable } = inbox
  const name = title === '' ? t('receive.untitled') : visibleName(title)
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(expiresAt))
  const stop = async () => {
    setAsking(false)
    try {
      await receiving().stop(inbox)
    } catch (reason) {
      toast.error(t(`errors.${toAppError(reason).code}`))
    }
  }
  return (
    <section
      data-inbox={id}
      data-state={ended ? 'ended' : 'open'}
      aria-labelledby={`inbox-${id}`}
      className="card space-y-5 p-4 sm:p-6"
    >
      <header>
        <h2
          ref={heading}
          id={`inbox-${id}`}
          tabIndex={-1}
          className="break-words font-bold text-2xl tracking-tight outline-none [overflow-wrap:anywhere]"
        >
          {title === '' ? name : <Name text={title} />}
        </h2>
        <p className="mt-1 text-muted">{ended ? t('receive.stopped') : t('receive.until', { date: day })}</p>
      </header>
      {!ended && (
        <ShareLink
          url={`${origin}/r/${id}#${fragment}`}
          // Whoever gets it reads it.
          title={title === '' ? t('receive.sendTitle') : name}
          label={t('receive.link')}
        />
      )}
      <div>
        {deliveries.length > 0 ? (
          <ul className="divide-y divide-line border-line border-t">
            {deliveries.map(delivery => (
              <DeliveryRow
                key={delivery.number}
                delivery={delivery}
                state={states.get(deliveryId(id, delivery))}
                onAccept={() => void receiving().accept(id, delivery)}
              />
            ))}
          </ul>
        ) : (
          !ended && (
            <p className="flex gap-3 text-muted">
              <Inbox aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
              {t('receive.waiting')}
            </p>
          )
        )}
        {unreadable > 0 && (
          <p data-unreadable={unreadable} className="mt-3 text-muted text-sm">
            {t('receive.unreadable', { count: unreadable })}
          </p>
        )}
      </div>
      <div className="-mx-4">
        {ended ? (
          <Button look="quiet" onClick={() => void receiving().forget(id)}>
            {t('receive.forget')}
          </Button>
        ) : (
          <Button look="quiet" onClick={() => setAsking(true)}>
            {t('receive.stop')}
            <span className="sr-only"> {name}</span>
          </Button>
        )}
      </div>
      <Dialog
        open={isAsking}
        onOpenChange={setAsking}
        title={t('receive.stopTitle')}
        description={t('receive.stopText')}
      >
        <div className="mt-6 flex flex-wrap justify-end gap-2">
          <Button onClick={() => setAsking(false)}>{t('receive.goOn')}</Button>
          <Button look="danger" onClick={stop}>
            {t('receive.stop')}
          </Button>
        </div>
      </Dialog>
    </section>
  )
}
