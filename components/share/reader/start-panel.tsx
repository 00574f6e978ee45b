import { Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { Button } from '../../ui/button.tsx'
import type { ShareFile } from '../share-files.tsx'

interface StartPanelProps {
  readonly files: readonly ShareFile[]
  readonly wanted: readonly ShareFile[]
  /** Pressed, and not yet in the swarm. */
  readonly starting: boolean
  readonly onStart: () => void
  /** Something else on the page is what this person came for. */
  readonly secondary?: boolean
  /** Stands below the button. */
  readonly aside?: ReactNode
}

/** The one obvious button. */
export function StartPanel({ files, wanted, starting, onStart, secondary = false, aside }: StartPanelProps) {
  const t = useTranslations('reader')
  const format = useFormat()
  const size = format.bytes(wanted.reduce((sum, { length }) => sum + length, 0))
  return (
    <section className="card space-y-3 p-4 sm:p-6 noscript:hidden">
      <Button
        look={secondary ? 'secondary' : 'primary'}
        size="large"
        className="w-full"
        onClick={onStart}
        disabled={starting}
      >
        <Download aria-hidden="true" />
        {starting ? t('starting') : t('download', { size })}
      </Button>
      <p className="text-center text-muted">
        {wanted.length < files.length
          ? t('selected', { selected: format.count(wanted.length), total: files.length })
          : t('promise')}
      </p>
      {aside && <div className="flex justify-center">{aside}</div>}
    </section>
  )
}
