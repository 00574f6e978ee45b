import { webSocketUrl } from '../../lib/base/web-socket-url.ts'
import { isEncryptedName } from '../../lib/encryption/outer-name.ts'
import type { Share } from '../../lib/protocol/share.ts'
import { formatMagnet } from '../../lib/torrent/magnet.ts'
import type { ShareRecord } from './share-store.ts'

/** Where the peers and the bytes of a share are found, as its magnet names them. */
interface Sources {
  readonly trackers: readonly string[]
  readonly webSeeds: readonly string[]
}

/** Browsers announce over WebSocket, classic clients over HTTP or UDP; each takes the first tier it understands. */
export function announceListOf(origin: string, udpPort: number | undefined): string[][] {
  const list = [[`${webSocketUrl(origin)}/announce`], [`${origin}/announce`]]
  if (udpPort !== undefined) list.push([`udp://${new URL(origin).hostname}:${udpPort}/announce`])
  return list
}

/** A share as the API shows it, with links under `origin`. */
export function shareOf(record: ShareRecord, origin: string, { trackers, webSeeds }: Sources): Share {
  const { infoHash, content, title, description, listed } = record
  const torrent = `${origin}/t/${infoHash}.torrent`
  return {
    infoHash,
    ...content,
    encrypted: isEncryptedName(content.name),
    title,
    description,
    listed,
    expiresAt: record.expiresAt?.toISOString() ?? null,
    downloadsMax: record.downloadsMax,
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    webSeeds: [...webSeeds],
    links: {
      page: `${origin}/d/${infoHash}`,
      torrent,
      magnet: formatMagnet({
        infoHash,
        name: content.name,
        trackers,
        source: torrent,
        length: content.length,
        webSeeds,
      }),
    },
  }
}
