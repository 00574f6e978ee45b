'use client'

import { FileDown, Magnet } from 'lucide-react'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import type { Share } from '../../lib/protocol/share.ts'
import { useFormat } from '../../lib/react/use-format.ts'
import { Button } from '../ui/button.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { CopyButton } from './copy-button.tsx'

/** Everything a person who knows BitTorrent looks for, and nobody else has to see. */
export function MoreWays({ share }: { readonly share: Share }) {
  const t = useTranslations('moreWays')
  const format = useFormat()
  return (
    <Disclosure title={t('title')} className="card px-4 sm:px-5">
      <p className="mb-4 text-muted">{share.private ? t('private') : t('intro')}</p>
      <dl className="space-y-4">
        <Way name={t('torrent')}>
          <Button asChild>
            <a href={share.links.torrent} download>
              <FileDown aria-hidden="true" />
              {t('getTorrent')}
            </a>
          </Button>
        </Way>
        <Way name={t('magnet')}>
          <code className="block max-h-24 w-full overflow-y-auto break-all rounded-control bg-sunken p-3 text-sm">
            {share.links.magnet}
          </code>
          <CopyButton text={share.links.magnet} label={t('copyMagnet')} />
          <Button asChild look="quiet">
            <a href={share.links.magnet}>
              <Magnet aria-hidden="true" />
              {t('openMagnet')}
            </a>
          </Button>
        </Way>
        <Way name={t('infoHash')}>
          <code className="break-all text-sm">{share.infoHash}</code>
          <CopyButton text={share.infoHash} label={t('copyInfoHash')} look="quiet" />
        </Way>
        <Way name={t('pieces')}>
          <span className="tabular-nums">
            {t('piecesText', {
              count: format.count(share.pieceCount),
              size: `${format.count(share.pieceLength / 1024)}\u00a0KiB`,
            })}
          </span>
        </Way>
      </dl>
    </Disclosure>
  )
}

function Way({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt className="font-semibold">{name}</dt>
      <dd className="mt-1.5 flex flex-wrap items-center gap-2">{children}</dd>
    </div>
  )
}
