import { Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { Share } from '../../../lib/protocol/share.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { type PlainDownload, plainDownloads } from '../../../lib/save/plain-downloads.ts'
import { Name } from '../../common/name.tsx'
import { Button } from '../../ui/button.tsx'

/** Most links in the list; a page with 100,000 of them helps nobody. */
const LINKS_MAX = 50

/** Links to the files on a web seed, which need neither scripts nor peers; nothing without a web seed. */
export function PlainLinks({ share }: { readonly share: Share }) {
  const files = plainDownloads(share)
  const [first] = files
  if (!first) return null
  return share.singleFile ? <PlainLink file={first} /> : <PlainList files={files} />
}

function PlainLink({ file }: { readonly file: PlainDownload }) {
  const t = useTranslations('moreWays')
  const format = useFormat()
  return (
    <Button asChild>
      <a href={file.url} download>
        <Download aria-hidden="true" />
        {t('plainDownload', { size: format.bytes(file.length) })}
      </a>
    </Button>
  )
}

function PlainList({ files }: { readonly files: readonly PlainDownload[] }) {
  const t = useTranslations('moreWays')
  const format = useFormat()
  return (
    <div>
      <ul>
        {files.slice(0, LINKS_MAX).map(({ path, length, url }) => (
          <li key={path} className="border-edge border-b last:border-b-0">
            <a
              href={url}
              download
              className="flex min-h-11 items-center justify-between gap-4 py-2 underline-offset-4 hover:underline"
            >
              <Name text={path} className="min-w-0 break-words [overflow-wrap:anywhere]" />
              <span className="shrink-0 text-muted tabular-nums">{format.bytes(length)}</span>
            </a>
          </li>
        ))}
      </ul>
      {files.length > LINKS_MAX && (
        <p className="mt-2 text-muted">{t('plainMore', { count: files.length - LINKS_MAX })}</p>
      )}
    </div>
  )
}
