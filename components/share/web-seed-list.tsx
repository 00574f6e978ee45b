import { useTranslations } from 'next-intl'
import type { WebSeedSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'

/** The web seeds: what each sends, or why it is not used. */
export function WebSeedList({ webSeeds }: { readonly webSeeds: readonly WebSeedSnapshot[] }) {
  const t = useTranslations('webSeeds')
  const format = useFormat()
  if (webSeeds.length === 0) return null
  return (
    <ul aria-label={t('title')} className="divide-y divide-line border-line border-t text-sm">
      {webSeeds.map(seed => (
        <li
          key={seed.url}
          data-web-seed={seed.state}
          data-via="webseed"
          data-fault={seed.fault ?? undefined}
          className="flex flex-wrap justify-between gap-x-4 py-2"
        >
          <span className="break-all">{t('server', { host: URL.parse(seed.url)?.host ?? '' })}</span>
          <span className="text-muted tabular-nums">{describe(seed)}</span>
        </li>
      ))}
    </ul>
  )

  function describe({ downloaded, downloadRate, fault, state }: WebSeedSnapshot): string {
    if (state === 'active') {
      return t('active', { size: format.bytes(downloaded), rate: format.rate(downloadRate) })
    }
    if (fault === null) {
      return downloaded === 0 ? t('idle') : t('idleAfter', { size: format.bytes(downloaded) })
    }
    return t(state === 'failed' ? 'failed' : 'waiting', { why: t(`faults.${fault}`) })
  }
}
