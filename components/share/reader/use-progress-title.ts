import { useTranslations } from 'next-intl'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useDocumentTitle } from '../../../lib/react/page/use-document-title.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'

/** Shows how far the download is in the tab's title. */
export function useProgressTitle(share: Share, download: SwarmSnapshot | undefined): void {
  const t = useTranslations('reader.title')
  const format = useFormat()
  useDocumentTitle(title())

  function title(): string | null {
    if (!download) return null
    const name = visibleName(share.title || share.name)
    if (download.state === 'done') return t('done', { name })
    if (download.length === 0) return null
    return t('downloading', { percent: format.percent(download.downloaded / download.length), name })
  }
}
