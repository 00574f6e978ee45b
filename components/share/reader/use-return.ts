import { useTranslations } from 'next-intl'
import { useEffect, useEffectEvent, useState } from 'react'
import { askToNotify, notify } from '../../../lib/browser/notifications.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useDocumentTitle } from '../../../lib/react/page/use-document-title.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'

/** How a person is told that somebody is back: by a notification and in the tab's title, or in the title alone. */
type Told = 'notification' | 'title'

export interface Return {
  readonly told: Told | null
  readonly tellMe: () => Promise<void>
}

interface ReturnOptions {
  readonly share: Share
  /** Nobody has the files right now. */
  readonly isAway: boolean
  /** The title has something else to say. */
  readonly isDownloading: boolean
  /** Whether somebody waits for it: then hidden tabs must look too. */
  readonly onWait: (waits: boolean) => void
}

/** Tells a person who asked for it, once, when somebody with the files is back. */
export function useReturn({ isAway, isDownloading, onWait, share }: ReturnOptions): Return {
  const t = useTranslations('reader.back')
  const [told, setTold] = useState<Told | null>(null)
  const [isBack, setIsBack] = useState(false)
  const name = visibleName(share.title || share.name)
  const tellMe = async () => {
    onWait(true)
    setTold((await askToNotify()) === 'granted' ? 'notification' : 'title')
  }
  const tell = useEffectEvent(() => {
    if (!told) return
    setTold(null)
    setIsBack(true)
    onWait(false)
    const body = t(isDownloading ? 'bodyLoading' : 'body')
    if (told !== 'notification') return
    void notify({ about: share.infoHash, path: `/d/${share.infoHash}`, title: t('online', { name }), body })
  })
  useEffect(() => {
    if (isAway) setIsBack(false)
    else tell()
  }, [isAway])
  useDocumentTitle(isBack && !isDownloading ? t('online', { name }) : null)
  return { told, tellMe }
}
