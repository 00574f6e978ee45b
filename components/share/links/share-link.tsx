'use client'

import { QrCode, Radar, Send } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { isOfThisDevice } from '../../../lib/network/this-device.ts'
import { useInBrowser } from '../../../lib/react/page/use-in-browser.ts'
import { CopyField } from '../../common/copy-field.tsx'
import { late } from '../../common/late.tsx'
import { Button } from '../../ui/button.tsx'

const QrDialog = late(async () => (await import('./qr-dialog.tsx')).QrDialog)

/** Phones and tablets have a share sheet that people know; over plain http browsers withhold it. */
const hasShareSheet = () => 'share' in navigator && matchMedia('(pointer: coarse)').matches

interface ShareLinkProps {
  readonly url: string
  readonly title: string
  /** Where it is not the link to a share. */
  readonly label?: string
}

/** The link, to send, to copy or to scan. */
export function ShareLink({ url, title, label }: ShareLinkProps) {
  const t = useTranslations('share')
  const tNearby = useTranslations('nearby')
  const infoHash = /\/d\/([0-9a-f]{40})/.exec(url)?.[1]
  const [qrOpen, setQrOpen] = useState(false)
  const [qrOpened, setQrOpened] = useState(false)
  const canSend = useInBrowser() && hasShareSheet()
  const openQr = () => {
    setQrOpened(true)
    setQrOpen(true)
  }
  return (
    <div className="space-y-3">
      {canSend && (
        <Button
          look="primary"
          size="large"
          className="w-full"
          // Closing the sheet is no error.
          onClick={() => navigator.share({ url, title }).catch(() => undefined)}
        >
          <Send aria-hidden="true" />
          {t('send')}
        </Button>
      )}
      <CopyField
        label={label ?? t('link')}
        value={url}
        copyLabel={t('copyLink')}
        look={canSend ? 'secondary' : 'primary'}
      >
        <Button onClick={openQr}>
          <QrCode aria-hidden="true" />
          {t('qr')}
        </Button>
        {infoHash !== undefined && (
          <Button look="quiet" asChild>
            <Link href={`/nearby?share=${infoHash}`} prefetch={false}>
              <Radar aria-hidden="true" />
              {tNearby('handOver')}
            </Link>
          </Button>
        )}
      </CopyField>
      {isOfThisDevice(url) && (
        <p data-link-reach="device" className="text-muted text-sm">
          {t('linkHere')}
        </p>
      )}
      {qrOpened && <QrDialog url={url} open={qrOpen} onOpenChange={setQrOpen} />}
    </div>
  )
}
