'use client'

import { useLocale, useTranslations } from 'next-intl'
import type { Status } from '../../lib/protocol/status.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useStatus } from '../../lib/react/page/use-status.ts'
import { Stat, Stats } from '../common/stats.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { inOrder, type Order } from './order.ts'
import { ShareTable } from './share-table.tsx'

const EXPLAINED = ['complete', 'downloading', 'downloaded', 'transferred', 'copies', 'kept'] as const

interface StatusBoardProps {
  /** The status that the server rendered; the page polls for newer ones every few seconds. */
  readonly first: Status
  readonly order: Order
}

/** Status of the tracker: totals, and a row for every listed share. */
export function StatusBoard({ first, order }: StatusBoardProps) {
  const t = useTranslations('status')
  const locale = useLocale()
  const { away, status } = useStatus(first)
  const { shares } = status
  return (
    <div data-status={away ? 'away' : 'live'} className="space-y-6 pt-4 pb-8 sm:pt-8">
      <noscript>
        <meta httpEquiv="refresh" content="30" />
      </noscript>
      <header>
        <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('title')}</h1>
        <p className="mt-1 text-muted">
          {t('lead')} {t('up', { time: utc(status.since) })}.
        </p>
        <p role="status" className="mt-1 font-semibold text-sm">
          {away && t('away')}
        </p>
      </header>
      <Totals status={status} />
      {shares === null && <p className="text-muted">{t('hidden')}</p>}
      {shares?.length === 0 && <p className="max-w-prose text-lg text-muted">{t('empty')}</p>}
      {shares !== null && shares.length > 0 && (
        <>
          <ShareTable shares={inOrder(shares, order, locale)} order={order} />
          {status.more > 0 && <p className="text-muted">{t('more', { count: status.more })}</p>}
          <Disclosure title={t('legend')} className="card px-4 sm:px-5">
            <dl className="grid gap-x-6 gap-y-2 sm:grid-cols-[auto_1fr]">
              {EXPLAINED.map(column => (
                <div key={column} className="contents">
                  <dt className="font-semibold">{t(column)}</dt>
                  <dd className="text-muted max-sm:mb-2">{t(`legend${capital(column)}`)}</dd>
                </div>
              ))}
            </dl>
          </Disclosure>
        </>
      )}
    </div>
  )
}

function Totals({ status: { totals } }: { readonly status: Status }) {
  const t = useTranslations('status')
  const format = useFormat()
  return (
    <section aria-label={t('totals')} className="card p-4 sm:p-5">
      <Stats label={t('totals')}>
        <Stat name={t('shares')} value={format.count(totals.shares)} />
        <Stat name={t('complete')} value={format.count(totals.complete)} />
        <Stat name={t('downloading')} value={format.count(totals.downloading)} />
        <Stat name={t('downloaded')} value={format.count(totals.downloaded)} />
        <Stat name={t('transferred')} value={format.bytes(totals.transferred)} />
        <Stat name={t('inBrowsers')} value={format.count(totals.tabs)} />
        <Stat name={t('inPrograms')} value={format.count(totals.classic)} />
      </Stats>
    </section>
  )
}

/** `2026-01-02 03:04 UTC`, the same for everyone. */
const utc = (time: string) => `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`

const capital = <Text extends string>(text: Text) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}` as Capitalize<Text>
