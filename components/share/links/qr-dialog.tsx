import { clsx } from 'clsx'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { encode } from 'uqr'
import { isOfThisDevice } from '../../../lib/network/this-device.ts'
import { Dialog } from '../../ui/dialog.tsx'

interface QrDialogProps {
  readonly url: string
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

/** A link as a QR code; a click on it makes it as large as the screen, to be scanned across a table. */
export function QrDialog({ url, open, onOpenChange }: QrDialogProps) {
  const t = useTranslations('share')
  const [isLarge, setLarge] = useState(false)
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('qr')}
      description={t(isOfThisDevice(url) ? 'linkHere' : 'qrHint')}
      closeLabel={t('close')}
      size={isLarge ? 'screen' : 'medium'}
    >
      <button
        type="button"
        aria-pressed={isLarge}
        onClick={() => setLarge(!isLarge)}
        className="mx-auto mt-4 block w-full cursor-zoom-in rounded-control aria-pressed:cursor-zoom-out"
      >
        <Qr text={url} label={t('qrOf')} isLarge={isLarge} />
        <span className="mt-2 block text-center font-semibold text-muted text-sm">
          {t(isLarge ? 'qrSmaller' : 'qrLarger')}
        </span>
      </button>
      <p className="mt-4 break-all text-center text-muted text-sm">{url}</p>
    </Dialog>
  )
}

interface QrProps {
  readonly text: string
  readonly label: string
  readonly isLarge: boolean
}

/** ISO/IEC 18004 with its quiet zone of four modules, as one path. */
function Qr({ text, label, isLarge }: QrProps) {
  const { data, size } = encode(text, { border: 4 })
  const modules = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : [])))
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className={clsx(
        'mx-auto w-full rounded-control bg-qr-light',
        isLarge ? 'max-h-[calc(100dvh-13rem)]' : 'max-w-72',
      )}
    >
      <path d={modules.join('')} className="fill-qr-dark" />
    </svg>
  )
}
