import { AppError } from '../../lib/base/errors.ts'
import { FRAME_HEIGHTS, FRAME_WIDTH, frameHtml } from '../../lib/embed/snippet.ts'
import { parseInfoHash } from '../../lib/torrent/ids.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { json, type Reply } from '../http/reply.ts'
import { shownName } from '../shares/publishing/shown-name.ts'
import type { Shares } from '../shares/shares.ts'

/**
 * `GET /oembed?url=…` (oembed.com, 2.3): a frame for the share page at `url`, which must be one of ours.
 * Errors: `share_not_found`, `share_blocked`, `oembed_format` (XML), `bad_request` (a size that is no number).
 */
export async function oembed(shares: Shares, query: string, origin: string): Promise<Reply> {
  const parameters = new URLSearchParams(query)
  const format = parameters.get('format') ?? 'json'
  if (format !== 'json') throw new AppError('oembed_format', format)
  const url = URL.parse(parameters.get('url') ?? '')
  const [, name = ''] = /^\/(?:d|embed)\/([0-9a-f]{40})\/?$/i.exec(url?.pathname ?? '') ?? []
  const infoHash = parseInfoHash(name)
  const isOurs = url?.origin === origin && infoHash !== null
  if (isOurs) shares.refuseBlocked(infoHash)
  const share = isOurs ? await shares.brief(infoHash, origin) : undefined
  if (!share) throw new AppError('share_not_found', 'url is not the address of a share here')
  const width = limited(parameters, 'maxwidth', FRAME_WIDTH)
  const height = limited(parameters, 'maxheight', FRAME_HEIGHTS.card)
  const title = visibleName(shownName(share))
  return json(
    200,
    {
      type: 'rich',
      version: '1.0',
      title,
      provider_name: 'Tabseed',
      provider_url: origin,
      cache_age: 3600,
      html: frameHtml(`${origin}/embed/${share.infoHash}`, title, width, height),
      width,
      height,
      thumbnail_url: `${share.links.page}/opengraph-image`,
      thumbnail_width: 1200,
      thumbnail_height: 630,
    },
    { 'cache-control': 'public, max-age=300' },
  )
}

/** A consumer's limit holds even when little fits into it. */
function limited(parameters: URLSearchParams, name: string, wanted: number): number {
  const text = parameters.get(name)
  if (text === null) return wanted
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new AppError('bad_request', `${name} is a number of pixels`)
  return Math.min(wanted, Number(text))
}
