import { Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { Presence } from '../../../lib/protocol/presence.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import type { PlainDownload } from '../../../lib/save/plain-downloads.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'
import { Button } from '../../ui/button.tsx'
import { PresenceLine } from './presence-line.tsx'

interface PlainStartProps {
  readonly files: readonly PlainDownload[]
  readonly presence: Presence
}

/** In place of the download button where the page came over plain http and a server has the files. */
export function PlainStart({ files, presence }: PlainStartProps) {
  const t = useTranslations()
  const format = useFormat()
  const only = files.length === 1 ? files[0] : undefined
  return (
    <section data-plain-http className="card space-y-3 p-4 sm:p-6 noscript:hidden">
      {only && (
        <Button asChild look="primary" size="large" className="w-full text-center">
          <a href={only.url} download>
            <Download aria-hidden="true" />
            {t('moreWays.plainDownload', { size: format.bytes(only.length) })}
          </a>
        </Button>
      )}
      <div className="flex justify-center">
        <PresenceLine presence={presence} />
      </div>
      <p className="mx-auto max-w-prose text-center text-muted">
        {t(only ? 'reader.plainHttp' : 'reader.plainHttpEach')}
      </p>
    </section>
  )
}

/** Beside the name of a file in the list. */
export function PlainGet({ file }: { readonly file: PlainDownload | undefined }) {
  const t = useTranslations('moreWays')
  if (!file) return null
  const { path, url } = file
  const name = visibleName(path.split('/').at(-1) ?? '')
  return (
    <Button asChild look="quiet" size="icon">
      <a href={url} download aria-label={t('plainGet', { name })}>
        <Download aria-hidden="true" />
      </a>
    </Button>
  )
}
