'use client'

import { Flag } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { late } from '../../common/late.tsx'
import { Button } from '../../ui/button.tsx'

/** Few people need it. */
const ReportDialog = late(async () => (await import('./report-dialog.tsx')).ReportDialog)

/** Opens the form with which anybody tells the operator of this server about a share. */
export function ReportShare({ infoHash }: { readonly infoHash: InfoHash }) {
  const t = useTranslations('report')
  const [open, setOpen] = useState(false)
  const [wanted, setWanted] = useState(false)
  return (
    <div className="print:hidden noscript:hidden">
      <Button
        look="quiet"
        className="-ms-4 text-sm"
        onClick={() => {
          setWanted(true)
          setOpen(true)
        }}
      >
        <Flag aria-hidden="true" className="size-4!" />
        {t('open')}
      </Button>
      {wanted && <ReportDialog infoHash={infoHash} open={open} onOpenChange={setOpen} />}
    </div>
  )
}
