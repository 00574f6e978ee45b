'use client'

import { FileDown, Magnet } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import type { Share } from '../../../lib/protocol/share.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { aria2Line, curlLine, plainDownloads } from '../../../lib/save/plain-downloads.ts'
import { parseInfoHash } from '../../../lib/torrent/ids.ts'
import { CopyField } from '../../common/copy-field.tsx'
import { late } from '../../common/late.tsx'
import { Button } from '../../ui/button.tsx'
import { Disclosure } from '../../ui/disclosure.tsx'
import { PlainLinks } from './plain-links.tsx'

const ChecksumsPanel = late(async () => (await import('./checksums.tsx')).ChecksumsPanel)

/** For people who know BitTorrent: magnet link, `.torrent` file, info hash. */
export function MoreWays({ share }: { readonly share: Share }) {
  const t = useTranslations('moreWays')
  const sealed = useTranslations('sealed')
  const format = useFormat()
  const [wantsChecksums, setWantsChecksums] = useState(false)
  const infoHash = parseInfoHash(share.infoHash)
  return (
    <Disclosure title={t('title')} className="card px-4 sm:px-5">
      <p className="mb-4 text-muted">
        {share.encrypted
          ? sealed('everybodyCarries')
          : t(share.private ? 'private' : plainDownloads(share).length > 0 ? 'introCopy' : 'intro')}
      </p>
      <div className="space-y-5">
        <PlainHttp share={share} />
        <Button asChild>
          <a href={share.links.torrent} download>
            <FileDown aria-hidden="true" />
            {t('getTorrent')}
          </a>
        </Button>
        <CopyField label={t('magnet')} value={share.links.magnet} copyLabel={t('copyMagnet')}>
          <Button asChild>
            <a href={share.links.magnet}>
              <Magnet aria-hidden="true" />
              {t('openMagnet')}
            </a>
          </Button>
        </CopyField>
        <CopyField label={t('infoHash')} value={share.infoHash} copyLabel={t('copyInfoHash')} />
        {!share.encrypted && (
          <Disclosure
            title={t('checksums')}
            onOpen={() => setWantsChecksums(true)}
            className="noscript:hidden"
          >
            {wantsChecksums && infoHash !== null && <ChecksumsPanel share={share} infoHash={infoHash} />}
          </Disclosure>
        )}
        <p className="text-muted tabular-nums">
          {t('pieces', {
            count: format.count(share.pieceCount),
            size: `${format.count(share.pieceLength / 1024)}\u00a0KiB`,
          })}
        </p>
      </div>
    </Disclosure>
  )
}

/** For a share with a web seed: plain links, and commands for a terminal. */
function PlainHttp({ share }: { readonly share: Share }) {
  const t = useTranslations('moreWays')
  const [first] = plainDownloads(share)
  if (!first) return null
  return (
    <section className="space-y-4">
      <h2 className="font-semibold">{t('plainTitle')}</h2>
      <p className="text-muted">{t('plainIntro')}</p>
      <PlainLinks share={share} />
      {share.singleFile && (
        <CopyField label={t('curl')} value={curlLine(first)} copyLabel={t('copyCommand')} />
      )}
      <CopyField label={t('aria2')} value={aria2Line(share.links.torrent)} copyLabel={t('copyCommand')} />
      <p className="text-muted">{t(share.singleFile ? 'curlNote' : 'aria2Note')}</p>
    </section>
  )
}
