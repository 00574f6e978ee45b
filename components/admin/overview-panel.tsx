import { useTranslations } from 'next-intl'
import type { Overview } from '../../lib/protocol/admin.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { Stat, Stats } from '../common/stats.tsx'
import { Section } from './panel.tsx'

/** How the server is, in numbers. */
export function OverviewPanel({ overview }: { readonly overview: Overview }) {
  const t = useTranslations('admin')
  const format = useFormat()
  const { bucket, connections, database, disk, limits, seeder, shares } = overview
  const of = (used: number, budget: number) =>
    t('ofBudget', { used: format.bytes(used), budget: format.bytes(budget) })
  const copies = () => {
    if (seeder === null) return t('copiesOff')
    return seeder.away ? t('copiesAway') : of(seeder.bytes, seeder.budget)
  }
  return (
    <Section name="overview" title={t('overview')}>
      <Stats label={t('overview')}>
        <Stat name={t('published')} value={format.count(shares.published)} />
        <Stat name={t('listed')} value={format.count(shares.listed)} />
        <Stat name={t('blocked')} value={format.count(shares.blocked)} />
        <Stat name={t('openReports')} value={format.count(shares.openReports)} />
        <Stat name={t('database')} value={of(database.bytes, database.budget)} />
        <Stat name={t('copies')} value={copies()} />
        {bucket && (
          <Stat name={t('bucket')} value={bucket.away ? t('bucketAway') : format.bytes(bucket.bytes)} />
        )}
        <Stat name={t('disk')} value={disk ? of(disk.free, disk.size) : '–'} />
        <Stat name={t('webSockets')} value={format.count(connections.webSockets)} />
        <Stat name={t('browsers')} value={format.count(connections.tabs)} />
        <Stat name={t('programs')} value={format.count(connections.classic)} />
        <Stat name={t('swarms')} value={format.count(connections.swarms)} />
      </Stats>
      <div>
        <h3 className="font-semibold">{t('limits')}</h3>
        {limits.length === 0 ? (
          <p className="text-muted">{t('noLimits')}</p>
        ) : (
          <ul className="mt-1 flex flex-wrap gap-2">
            {limits.map(({ count, limit }) => (
              <li key={limit} className="rounded-control bg-sunken px-2 py-1 text-sm tabular-nums">
                {format.count(count)} × <code>{limit}</code>
              </li>
            ))}
          </ul>
        )}
      </div>
    </Section>
  )
}
