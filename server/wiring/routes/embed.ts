import { parseInfoHash } from '../../../lib/torrent/ids.ts'
import { type BadgeFacts, badge } from '../../embed/badge.ts'
import { framePage } from '../../embed/frame-page.ts'
import { oembed } from '../../embed/oembed.ts'
import { ANY_PAGE, widgetTypes } from '../../embed/scripts.ts'
import type { Route } from '../../http/router.ts'
import { shownName } from '../../shares/publishing/shown-name.ts'
import type { RouteServices } from './services.ts'

/** What other sites load: the widget, its frame and the badge. */
export function embedRoutes(services: RouteServices): readonly Route[] {
  const { blocks, origin, shareCache, shares, tracker, widget } = services
  return [
    {
      path: /^\/(embed(?:-\w+)?\.js)$/,
      methods: {
        get: ({ request, query, name }) => widget.answer(name, query, request.headers['if-none-match']),
      },
      headers: ANY_PAGE,
    },
    { path: /^\/embed\.d\.ts$/, methods: { get: widgetTypes }, headers: ANY_PAGE },
    {
      path: /^\/embed\/([^/]+)$/,
      methods: {
        get: ({ request, query, name }) => framePage(shares, name, query, request, origin.publicUrl(request)),
      },
    },
    {
      path: /^\/oembed$/,
      methods: { get: ({ request, query }) => oembed(shares, query, origin.publicUrl(request)) },
      headers: ANY_PAGE,
    },
    {
      path: /^\/badge\/([^/]+)\.svg$/,
      methods: {
        get: async ({ request, name }) => badge(await badgeFacts(name, origin.publicUrl(request))),
      },
    },
  ]

  async function badgeFacts(name: string, publicUrl: string): Promise<BadgeFacts | 'blocked' | null> {
    const infoHash = parseInfoHash(name)
    if (infoHash && blocks.of(infoHash)) return 'blocked'
    const share = infoHash && (await shares.brief(infoHash, publicUrl))
    if (!infoHash || !share) return null
    const seeds = tracker.counts(infoHash).complete
    const cached = shareCache()?.state(infoHash).kept === 'yes'
    return { name: shownName(share), length: share.length, seeds, cached }
  }
}
