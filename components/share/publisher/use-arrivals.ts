import { useTranslations } from 'next-intl'
import { useEffect, useEffectEvent, useRef } from 'react'
import type { Person } from '../../../lib/browser/publications/people.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useAlerts } from '../../../lib/react/page/use-alerts.ts'
import { useDocumentTitle } from '../../../lib/react/page/use-document-title.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'

interface ArrivalsOptions {
  readonly share: Share
  /** Without the server. */
  readonly people: readonly Person[]
  readonly downloads: number
  /** Somebody has everything now. */
  readonly onArrived: () => void
}

/** Says in the tab's title how far people are, and when somebody has everything also as the person chose. */
export function useArrivals({ downloads, onArrived, people, share }: ArrivalsOptions) {
  const t = useTranslations('publisher')
  const format = useFormat()
  const { alerts, change, raise } = useAlerts()
  const name = visibleName(share.title || share.name)
  const done = people.filter(({ doneAt }) => doneAt !== null).length
  const doneBefore = useRef(done)
  const arrive = useEffectEvent(() => {
    onArrived()
    raise({
      title: t('alerts.title', { name }),
      body: t('alerts.body'),
      about: share.infoHash,
      path: `/d/${share.infoHash}`,
    })
  })
  useEffect(() => {
    if (done > doneBefore.current) arrive()
    doneBefore.current = done
  }, [done])
  useDocumentTitle(title())
  const hints = { notification: t('alerts.notificationHint'), sound: t('alerts.soundHint') }
  return { alerts, change, hints }

  function title(): string | null {
    const readers = people.filter(({ leftAt, progress }) => leftAt === null && progress < 1)
    if (readers.length > 0) {
      const mean = readers.reduce((sum, { progress }) => sum + progress, 0) / readers.length
      return t('tab.readers', { percent: format.percent(mean), count: readers.length, name })
    }
    return downloads > 0 ? t('tab.downloads', { count: downloads, name }) : null
  }
}
