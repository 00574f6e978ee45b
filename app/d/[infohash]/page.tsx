import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { getLocale, getTranslations } from 'next-intl/server'
import { cache } from 'react'
import { BlockedPage } from '../../../components/operator/blocked-page.tsx'
import { EndedPage } from '../../../components/operator/ended-page.tsx'
import { ShareView } from '../../../components/share/share-view.tsx'
import { formatBytes } from '../../../lib/base/format.ts'
import { settlingScript } from '../../../lib/react/settling/settling-script.ts'
import { parseInfoHash } from '../../../lib/torrent/ids.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'
import { services } from '../../../server/pages/services.ts'

interface SharePageProps {
  readonly params: Promise<{ infohash: string }>
}

const findShare = cache(async (text: string) => {
  const infoHash = parseInfoHash(text)
  return infoHash === null ? undefined : services().shares.find(infoHash)
})

/** Why the share is blocked, if it is. */
function findBlock(text: string) {
  const infoHash = parseInfoHash(text)
  return infoHash === null ? undefined : services().shares.block(infoHash)
}

/** When the share ended by itself, if it did. */
function findEnd(text: string) {
  const infoHash = parseInfoHash(text)
  return infoHash === null ? undefined : services().shares.endedAt(infoHash)
}

export async function generateMetadata({ params }: SharePageProps): Promise<Metadata> {
  if (findBlock((await params).infohash)) {
    return { title: (await getTranslations('blocked'))('title'), robots: { index: false } }
  }
  const share = await findShare((await params).infohash)
  if (!share && findEnd((await params).infohash)) {
    return { title: (await getTranslations('ended'))('title'), robots: { index: false } }
  }
  const t = await getTranslations()
  if (!share) return { title: t('notFound.title'), robots: { index: false } }
  const bytes = formatBytes(share.length, await getLocale())
  const title = share.encrypted
    ? t('units.encryptedShare', { size: bytes })
    : visibleName(share.title || share.name)
  const size = `${t('units.files', { count: share.fileCount })} · ${bytes}`
  const words = share.description === '' ? '' : ` · ${visibleName(share.description.replace(/\s+/g, ' '))}`
  const description = share.encrypted ? t('units.encryptedHint') : `${size}${words}`
  return {
    title,
    description,
    alternates: {
      canonical: share.links.page,
      types: { 'application/json+oembed': `/oembed?${new URLSearchParams({ url: share.links.page })}` },
    },
    // Search engines must not list the page: its link is for the people it was given to.
    robots: { index: false },
    openGraph: { type: 'website', siteName: t('app.name'), title, description, url: share.links.page },
    twitter: { card: 'summary_large_image', title, description },
  }
}

export default async function SharePage({ params }: SharePageProps) {
  const block = findBlock((await params).infohash)
  if (block) return <BlockedPage at={block.at} reason={block.reason} contact={services().operator.contact} />
  const share = await findShare((await params).infohash)
  const ended = share ? undefined : findEnd((await params).infohash)
  if (ended) return <EndedPage at={ended} />
  if (!share) notFound()
  const infoHash = parseInfoHash(share.infoHash)
  if (infoHash === null) notFound()
  const nonce = (await headers()).get('x-nonce') ?? undefined
  return (
    <>
      {!share.encrypted && (
        <script
          nonce={nonce}
          suppressHydrationWarning
          // biome-ignore lint/security/noDangerouslySetInnerHtml: our own script and 40 hex digits
          dangerouslySetInnerHTML={{ __html: settlingScript(infoHash) }}
        />
      )}
      <ShareView
        share={share}
        presence={await services().shares.presence(infoHash)}
        cached={services().shares.cached(infoHash)}
      />
    </>
  )
}
