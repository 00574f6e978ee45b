import { escapeXml } from '../../lib/base/escape-xml.ts'
import { formatBytes } from '../../lib/base/format.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { etagOf, matchesWeakly } from '../http/etag.ts'
import type { Reply } from '../http/reply.ts'
import type { ShareSummary } from '../shares/share-store.ts'

/**
 * The newest listed shares as an Atom feed (RFC 4287), each with its page and its `.torrent` as the enclosure. The ids are
 * info hashes, so that entries keep their identity when the server moves. `ifNoneMatch`: the header of that name.
 */
export function atomFeed(
  shares: readonly ShareSummary[],
  origin: string,
  ifNoneMatch: string | undefined,
): Reply {
  const { host } = new URL(origin)
  const latest = Math.max(0, ...shares.map(({ updatedAt }) => updatedAt.getTime()))
  const body = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    `<title>Tabseed: ${escapeXml(host)}</title>`,
    `<id>${escapeXml(origin)}/feed.atom</id>`,
    `<updated>${new Date(latest).toISOString()}</updated>`,
    `<author><name>${escapeXml(host)}</name></author>`,
    link({ rel: 'self', type: 'application/atom+xml', href: `${origin}/feed.atom` }),
    link({ rel: 'alternate', type: 'text/html', href: `${origin}/status` }),
    ...shares.map(share => entry(share, origin)),
    '</feed>',
    '',
  ].join('\n')
  const etag = etagOf(body)
  // Shares come and go: a cache must revalidate.
  const headers = { 'content-type': 'application/atom+xml; charset=utf-8', 'cache-control': 'no-cache', etag }
  const isKnown = ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, etag)
  return isKnown ? { status: 304, headers } : { status: 200, headers, body }
}

function entry(share: ShareSummary, origin: string): string {
  const { createdAt, fileCount, infoHash, length, name, title, updatedAt } = share
  const size = `${formatBytes(length, 'en')}, ${fileCount} ${fileCount === 1 ? 'file' : 'files'}`
  return [
    '<entry>',
    `<title>${escapeXml(visibleName(title || name))}</title>`,
    `<id>urn:btih:${infoHash}</id>`,
    `<published>${createdAt.toISOString()}</published>`,
    `<updated>${updatedAt.toISOString()}</updated>`,
    `<summary>${escapeXml(size)}</summary>`,
    link({ rel: 'alternate', type: 'text/html', href: `${origin}/d/${infoHash}` }),
    link({
      rel: 'enclosure',
      type: 'application/x-bittorrent',
      href: `${origin}/t/${infoHash}.torrent`,
      title: `${visibleName(name)}.torrent`,
    }),
    '</entry>',
  ].join('\n')
}

function link(attributes: Readonly<Record<string, string>>): string {
  const written = Object.entries(attributes).map(([name, value]) => `${name}="${escapeXml(value)}"`)
  return `<link ${written.join(' ')}/>`
}
