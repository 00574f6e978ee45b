import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useEffect, useEffectEvent, useState } from 'react'
import { AppError, toAppError } from '../../../lib/base/errors.ts'
import type { Chosen } from '../../../lib/publish/list-files.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Notice } from '../../ui/notice.tsx'

interface IncomingProps {
  /** The last text that was pasted; a new object each time. */
  readonly pasted: { readonly text: string } | null
  /** Takes files that came. */
  readonly take: (chosen: Chosen) => void
}

/**
 * What comes to the publish page from elsewhere: files from the share sheet, `.torrent` files and magnet links that the system opens
 * with the installed app, and links that are pasted. Shows what has to be said about it.
 */
export function IncomingView({ pasted, take }: IncomingProps) {
  const t = useTranslations('publish')
  const router = useRouter()
  const [failure, setFailure] = useState<AppError | 'missed' | null>(null)
  const [elsewhere, setElsewhere] = useState<URL | null>(null)

  /** Opens the share that `text` names; `whenNone` is called when it names none. */
  const open = async (text: string, whenNone: () => void = () => undefined) => {
    const { shareAddress } = await import('../../../lib/api/share-address.ts')
    const page = shareAddress(text, location.origin)
    if (!page) return whenNone()
    setFailure(null)
    if (page.origin === location.origin) router.push(`${page.pathname as '/d/'}${page.hash}`)
    else setElsewhere(page)
  }
  const fail = (reason: unknown) => setFailure(toAppError(reason))
  const noShare = () => setFailure(new AppError('link_invalid'))

  const openTorrent = async (handle: FileSystemFileHandle) => {
    const { readSourceFile } = await import('../../../lib/heal/read-source.ts')
    const { infoHash } = await readSourceFile(await handle.getFile())
    await open(infoHash)
  }
  const takeFromSystem = async (id: string) => {
    const { takeShared } = await import('../../../lib/browser/shared-files.ts')
    const shared = id === 'missed' ? null : await takeShared(id)
    if (!shared) return setFailure('missed')
    if (shared.files.length > 0) take({ files: shared.files, closed: [] })
    else await open(shared.text, noShare)
  }

  const start = useEffectEvent(() => {
    const query = new URLSearchParams(location.search)
    const [shared, address] = [query.get('shared'), query.get('open')]
    // Else a reload would ask for it again.
    if (shared !== null || address !== null) history.replaceState(history.state, '', '/')
    if (shared !== null) takeFromSystem(shared).catch(fail)
    if (address !== null) open(address, noShare).catch(fail)
    window.launchQueue?.setConsumer(({ files: [file] }) => file && openTorrent(file).catch(fail))
  })
  useEffect(() => start(), [])
  const openPasted = useEffectEvent((text: string) => void open(text).catch(fail))
  useEffect(() => {
    if (pasted) openPasted(pasted.text)
  }, [pasted])

  if (failure === 'missed') {
    return (
      <Notice tone="amber" role="alert" data-arrival="missed">
        <p>{t('missed')}</p>
      </Notice>
    )
  }
  if (failure) return <ErrorNotice audience="reader" code={failure.code} detail={failure.detail} />
  return (
    elsewhere && (
      <Notice tone="plain" role="status" data-arrival="elsewhere">
        <p>{t('elsewhere')}</p>
        <a
          href={elsewhere.href}
          target="_blank"
          rel="noopener noreferrer"
          className="inline-flex min-h-11 items-center break-all font-semibold underline underline-offset-4"
        >
          {t('openElsewhere', { host: elsewhere.host })}
        </a>
      </Notice>
    )
  )
}
