'use client'

import { QrCode } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { encode } from 'uqr'
import { CopyField } from '../../common/copy-field.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'

/** The link, to copy or to scan. */
export function ShareLink({ url }: { readonly url: string }) {
  const t = useTranslations('share')
  const [qrOpen, setQrOpen] = useState(false)
  return (
    <div>
      <CopyField label={t('link')} value={url} copyLabel={t('copyLink')} look="primary">
        <Button onClick={() => setQrOpen(true)}>
          <QrCode aria-hidden="true" />
          {t('qr')}
        </Button>
      </CopyField>
      <Dialog
        open={qrOpen}
        onOpenChange={setQrOpen}
        title={t('qr')}
        description={t('qrHint')}
        closeLabel={t('close')}
      >
        <Qr text={url} label={t('qrOf')} />
        <p className="mt-4 break-all text-center text-muted text-sm">{url}</p>
      </Dialog>
    </div>
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
