'use client'

import { clsx } from 'clsx'
import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { useMemo } from 'react'
import type { ShareHistory } from '../../lib/protocol/status.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { Name } from '../common/name.tsx'
import { Stat, Stats } from '../common/stats.tsx'
import { Button } from '../ui/button.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { type Line, Plot } from './plot.tsx'

const HOUR_MS = 3_600_000
const RANGES = { day: 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const
const DAY_PARTS = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const MONTH_PARTS = { day: 'numeric', month: 'short' } as const
/** Most rows of the table. */
const ROWS_MAX = 200

type Point = ShareHistory['points'][number]

interface ShareHistoryProps {
  readonly history: ShareHistory
  readonly range: keyof typeof RANGES
}

/** History of a share's swarm as plots and as a table: peers, downloads, bytes. */
export function ShareHistoryView({ history: { points, share }, range }: ShareHistoryProps) {
  const t = useTranslations('status')
  const format = useFormat()
  const shown = useMemo(() => within(points, RANGES[range]), [points, range])
  const times = useMemo(() => shown.map(({ at }) => at / 1000), [shown])
  const locale = useLocale()
  const checked = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' })
  const formatTime = useMemo(() => {
    const parts = range === 'day' ? DAY_PARTS : MONTH_PARTS
    const formatter = new Intl.DateTimeFormat(locale, { ...parts, timeZone: 'UTC' })
    return (seconds: number) => formatter.format(seconds * 1000)
  }, [locale, range])
  const common = { times, span: RANGES[range] / 1000, formatTime, timeLabel: t('time') }
  const line = (key: Exclude<keyof Point, 'at'>, isSecond = false): Line => ({
    label: t(key),
    values: shown.map(point => point[key]),
    isSecond,
  })
  const link = 'rounded-control px-3 py-2 font-semibold text-sm min-h-11 inline-flex items-center'
  return (
    <div data-history={share.infoHash} data-points={shown.length} className="space-y-6 pt-4 pb-8 sm:pt-8">
      <header>
        <Link
          href="/status"
          className="inline-flex min-h-11 items-center text-muted underline underline-offset-4"
        >
          {t('back')}
        </Link>
        <h1 className="break-words font-bold text-3xl tracking-tight [overflow-wrap:anywhere]">
          <Name text={share.name} />
        </h1>
        <p className="mt-1 text-muted tabular-nums">
          {format.files(share.fileCount)} · {format.bytes(share.size)}
        </p>
        <Button asChild className="mt-3">
          <Link href={`/d/${share.infoHash}`}>{t('toShare')}</Link>
        </Button>
      </header>
      <section className="card p-4 sm:p-5">
        <Stats label={t('title')}>
          <Stat name={t('complete')} value={format.count(share.complete)} />
          <Stat name={t('downloading')} value={format.count(share.downloading)} />
          <Stat name={t('downloaded')} value={format.count(share.downloaded)} />
          <Stat name={t('transferred')} value={format.bytes(share.transferred)} />
          <Stat name={t('copies')} value={share.copies === null ? '–' : format.copies(share.copies)} />
          <Stat
            name={t('kept')}
            value={t(share.kept === 'yes' ? 'keptYes' : share.kept === 'partial' ? 'keptPartial' : 'keptNo')}
          />
          {share.checkedAt !== null && (
            <Stat name={t('checkedAt')} value={checked.format(new Date(share.checkedAt))} />
          )}
        </Stats>
      </section>
      <nav aria-label={t('range')} className="flex gap-2">
        {(['day', 'month'] as const).map(one => (
          <Link
            key={one}
            href={`?range=${one}`}
            scroll={false}
            aria-current={one === range ? 'true' : undefined}
            className={clsx(link, one === range ? 'bg-leaf-soft text-leaf' : 'text-muted hover:bg-sunken')}
          >
            {t(one)}
          </Link>
        ))}
      </nav>
      <Plot
        title={t('clients')}
        {...common}
        lines={[line('complete'), line('downloading', true)]}
        format={format.count}
      />
      <Plot title={t('completions')} {...common} lines={[line('downloaded')]} format={format.count} />
      <Plot title={t('bytes')} {...common} lines={[line('transferred')]} format={format.bytes} />
      <Disclosure title={t('table')} className="card px-4 sm:px-5">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region needs the focus */}
        <section aria-label={t('table')} tabIndex={0} className="overflow-x-auto rounded-control">
          <table className="w-full text-sm">
            <thead className="text-muted">
              <tr>
                <th scope="col" className="py-2 text-start font-normal">
                  {t('time')}
                </th>
                {(['complete', 'downloading', 'downloaded', 'transferred'] as const).map(column => (
                  <th key={column} scope="col" className="py-2 ps-3 text-end font-normal">
                    {t(column)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line tabular-nums">
              {shown
                .slice(-ROWS_MAX)
                .reverse()
                .map(point => (
                  <tr key={point.at}>
                    <th scope="row" className="whitespace-nowrap py-2 text-start font-normal">
                      {new Date(point.at).toISOString().slice(0, 16).replace('T', ' ')}
                    </th>
                    <td className="py-2 ps-3 text-end">{format.count(point.complete)}</td>
                    <td className="py-2 ps-3 text-end">{format.count(point.downloading)}</td>
                    <td className="py-2 ps-3 text-end">{format.count(point.downloaded)}</td>
                    <td className="whitespace-nowrap py-2 ps-3 text-end">
                      {format.bytes(point.transferred)}
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
        </section>
      </Disclosure>
    </div>
  )
}

/** The last `span` ms of `points`, preceded by the values at their start. */
function within(points: readonly Point[], span: number): readonly Point[] {
  const end = points.at(-1)?.at ?? 0
  const start = end - span
  const before = points.findLast(({ at }) => at < start)
  const inside = points.filter(({ at }) => at >= start)
  return before === undefined ? inside : [{ ...before, at: start }, ...inside]
}
