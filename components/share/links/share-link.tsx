'use client'

import { QrCode } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { CopyField } from '../../common/copy-field.tsx'
import { late } from '../../common/late.tsx'
import { Button } from '../../ui/button.tsx'

const QrDialog = late(async () => (await import('./qr-dialog.tsx')).QrDialog)

/** The link, to copy or to scan. */
export function ShareLink({ url }: { readonly url: string }) {
  const t = useTranslations('share')
  const [qrOpen, setQrOpen] = useState(false)
  const [qrOpened, setQrOpened] = useState(false)
  const openQr = () => {
    setQrOpened(true)
    setQrOpen(true)
  }
  return (
    <div>
      <CopyField label={t('link')} value={url} copyLabel={t('copyLink')} look="primary">
        <Button onClick={openQr}>
          <QrCode aria-hidden="true" />
          {t('qr')}
        </Button>
      </CopyField>
      {qrOpened && <QrDialog url={url} open={qrOpen} onOpenChange={setQrOpen} />}
    </div>
  )
}
