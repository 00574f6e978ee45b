import { useTranslations } from 'next-intl'
import { encode } from 'uqr'
import { Dialog } from '../../ui/dialog.tsx'

interface QrDialogProps {
  readonly url: string
  readonly open: boolean
  readonly onOpenChange: (open: boolean) => void
}

/** A link as a QR code. */
export function QrDialog({ url, open, onOpenChange }: QrDialogProps) {
  const t = useTranslations('share')
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('qr')}
      description={t('qrHint')}
      closeLabel={t('close')}
    >
      <Qr text={url} label={t('qrOf')} />
      <p className="mt-4 break-all text-center text-muted text-sm">{url}</p>
    </Dialog>
  )
}

/** ISO/IEC 18004 with its quiet zone of four modules, as one path. */
function Qr({ text, label }: { readonly text: string; readonly label: string }) {
  const { data, size } = encode(text, { border: 4 })
  const modules = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : [])))
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="mx-auto mt-4 w-full max-w-72 rounded-control bg-qr-light"
    >
      <path d={modules.join('')} className="fill-qr-dark" />
    </svg>
  )
}
