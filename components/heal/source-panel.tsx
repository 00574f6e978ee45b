import { FileCheck2, Link } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type FormEvent, useState } from 'react'
import { contentSize } from '../../lib/protocol/content-size.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'
import { Name } from '../common/name.tsx'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { FileInput } from './file-input.tsx'

interface SourcePanelProps {
  /** The share that is chosen, if any. */
  readonly metainfo: Metainfo | null
  readonly reading: boolean
  readonly onFile: (files: readonly File[]) => void
  /** A link, a magnet link or an info hash, as typed. */
  readonly onLink: (link: string) => void
}

/** Choose the share that a copy is checked against: a `.torrent` file or a link. */
export function SourcePanel({ metainfo, reading, onFile, onLink }: SourcePanelProps) {
  const t = useTranslations('heal')
  const format = useFormat()
  const [otherLink, setOtherLink] = useState(false)
  const chooseLink = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    setOtherLink(false)
    onLink(String(new FormData(event.currentTarget).get('link') ?? ''))
  }
  return (
    <section className="card space-y-3 p-4 sm:p-6">
      <h2 className="font-semibold text-xl">{t('sourceTitle')}</h2>
      {metainfo ? (
        <p role="status" className="break-words tabular-nums [overflow-wrap:anywhere]">
          <Name text={metainfo.name} className="font-semibold" /> ·{' '}
          {format.files(metainfo.files.filter(({ padding }) => !padding).length)} ·{' '}
          {format.bytes(contentSize(metainfo))}
        </p>
      ) : (
        <p role="status" className="text-muted">
          {t(reading ? 'reading' : 'sourceText')}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <FileInput label={t('source')} primary={!metainfo} onFiles={onFile}>
          <FileCheck2 aria-hidden="true" />
          {t(metainfo ? 'otherSource' : 'chooseSource')}
        </FileInput>
        {metainfo && !otherLink && (
          <Button onClick={() => setOtherLink(true)}>
            <Link aria-hidden="true" />
            {t('otherLink')}
          </Button>
        )}
      </div>
      {(!metainfo || otherLink) && (
        <form onSubmit={chooseLink} className="flex flex-wrap items-end gap-2">
          <div className="min-w-0 grow">
            <TextField
              label={t('link')}
              hint={t('linkHint')}
              name="link"
              required
              autoComplete="off"
              spellCheck={false}
            />
          </div>
          <Button type="submit">{t('useLink')}</Button>
        </form>
      )}
    </section>
  )
}
