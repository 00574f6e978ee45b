'use client'

import { QrCode } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useId, useState } from 'react'
import { encode } from 'uqr'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { CopyButton } from './copy-button.tsx'

/** The link, to copy or to scan. */
export function ShareLink({ url }: { readonly url: string }) {
  const t = useTranslations('share')
  const [qrOpen, setQrOpen] = useState(false)
  const id = useId()
  return (
    <div>
      <label htmlFor={id} className="font-semibold">
        {t('link')}
      </label>
      <div className="mt-1.5 flex flex-wrap gap-2">
        <input
          id={id}
          readOnly
          value={url}
          onFocus={event => event.currentTarget.select()}
          className="min-h-11 min-w-0 grow basis-72 rounded-control border border-edge bg-page px-3 text-ellipsis"
        />
        <CopyButton text={url} label={t('copyLink')} look="primary" />
        <Button onClick={() => setQrOpen(true)}>
          <QrCode aria-hidden="true" />
          {t('qr')}
        </Button>
      </div>
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
