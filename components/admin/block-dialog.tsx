'use client'

import { useTranslations } from 'next-intl'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { toast } from '../common/toast.ts'
import type { PanelProps } from './panel.tsx'
import { ReasonDialog } from './reason-dialog.tsx'

/** A share that is to be blocked. */
export interface Suspect {
  readonly infoHash: InfoHash
  readonly name: string
}

interface BlockDialogProps extends Pick<PanelProps, 'client' | 'onChanged'> {
  readonly suspect: Suspect
  readonly onClose: () => void
}

/** Asks whether a share is to be blocked, and why. */
export function BlockDialog({ client, onChanged, onClose, suspect }: BlockDialogProps) {
  const t = useTranslations('admin')
  return (
    <ReasonDialog
      title={t('blockTitle')}
      lead={t('blockLead')}
      about={suspect.name}
      label={t('blockReason')}
      hint={t('blockReasonHint')}
      action={t('block')}
      onClose={onClose}
      onConfirm={async reason => {
        const count = await client.block(suspect.infoHash, reason)
        toast.show(t('blockDone', { count }))
        onChanged()
      }}
    />
  )
}
