import { Circle, CircleCheck } from 'lucide-react'
import type { Route } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ComponentProps, ReactNode } from 'react'
import type { SentTo } from '../../../lib/browser/records/owned-shares.ts'
import type { Presence } from '../../../lib/protocol/presence.ts'
import { useMoments } from '../../../lib/react/page/use-moments.ts'
import { usePeople } from '../../../lib/react/publisher/use-people.ts'
import { useFetched } from '../../../lib/react/receive/use-fetched.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { Name } from '../../common/name.tsx'
import { Button } from '../../ui/button.tsx'
import { ClosingNotice } from './closing-notice.tsx'
import { downloadsOf } from './downloads-of.ts'

interface SentCardProps {
  readonly infoHash: InfoHash
  readonly sentTo: SentTo
  readonly presence: Presence
  /** While this tab sends it. Without it, what is said of closing the tab is what is certain all the same. */
  readonly closing?: Omit<ComponentProps<typeof ClosingNotice>, 'sent'>
}

/** To whom this was sent, whether they have been told, and whether they have it. The title is that of a stranger. */
export function SentCard({ closing, infoHash, presence, sentTo }: SentCardProps) {
  const t = useTranslations('receive.outbox')
  const { moment } = useMoments()
  const isFetched = useFetched(infoHash, sentTo)
  const people = usePeople(infoHash).filter(({ id, isServer }) => !isServer && id !== presence.serverPeer)
  const { count, lastAt } = downloadsOf(presence, people)
  // Who was not told cannot have downloaded it: that was somebody else with the link.
  const hasArrived = isFetched && count > 0
  const isHere = presence.copy === 'here'
  const certain = { copies: 0, onServer: isHere ? 1 : null, people: 0, downloads: count }
  const light = closing ?? (hasArrived || isHere ? certain : null)
  return (
    <section
      data-sent={hasArrived ? 'arrived' : isFetched ? 'told' : 'sent'}
      aria-labelledby="sent-to"
      className="card space-y-4 p-4 sm:p-6"
    >
      <h2 id="sent-to" className="break-words font-semibold text-lg [overflow-wrap:anywhere]">
        {sentTo.title === '' ? t('toSomebody') : t.rich('to', { title: () => <Name text={sentTo.title} /> })}
      </h2>
      <div role="status">
        <ol className="space-y-2">
          <Step isDone>{t('sent', { time: moment(Date.parse(sentTo.at)) })}</Step>
          <Step isDone={isFetched}>{t(isFetched ? 'told' : 'notTold')}</Step>
          <Step isDone={hasArrived}>
            {!hasArrived
              ? t('notArrived')
              : lastAt === null
                ? t('arrived')
                : t('arrivedAt', { time: moment(lastAt) })}
          </Step>
        </ol>
      </div>
      {light && <ClosingNotice {...light} sent={hasArrived ? 'arrived' : 'on-its-way'} />}
      <Button asChild>
        <Link href={`/r/${sentTo.inbox}#${sentTo.fragment}` as Route}>{t('more')}</Link>
      </Button>
    </section>
  )
}

function Step({ children, isDone }: { readonly isDone: boolean; readonly children: ReactNode }) {
  const Icon = isDone ? CircleCheck : Circle
  return (
    <li className="flex items-start gap-2 tabular-nums">
      <Icon aria-hidden="true" className={`mt-0.5 size-5 shrink-0 ${isDone ? 'text-leaf' : 'text-muted'}`} />
      <span className={isDone ? '' : 'text-muted'}>{children}</span>
    </li>
  )
}
