import type { IncomingMessage } from 'node:http'
import { AppError } from '../../../lib/base/errors.ts'
import { type InfoHash, parseInfoHash } from '../../../lib/torrent/ids.ts'
import { postReport } from '../../admin/reports-api.ts'
import type { Log } from '../../base/log.ts'
import type { BucketRedirect } from '../../bucket/redirect.ts'
import type { Config } from '../../config/config.ts'
import { type BadgeFacts, badge } from '../../embed/badge.ts'
import { framePage } from '../../embed/frame-page.ts'
import { oembed } from '../../embed/oembed.ts'
import { ANY_PAGE, type WidgetFiles, widgetTypes } from '../../embed/scripts.ts'
import { serverView } from '../../http/doctor.ts'
import type { Router } from '../../http/http.ts'
import { answerIce } from '../../http/ice.ts'
import type { RequestOrigin } from '../../http/origin.ts'
import { json } from '../../http/reply.ts'
import { type Route, routerOf } from '../../http/router.ts'
import { ownerKey } from '../../http/share-request.ts'
import type { Metrics } from '../../monitor/metrics.ts'
import type { Monitor } from '../../monitor/monitor.ts'
import type { Readiness } from '../../monitor/readiness.ts'
import { NearbyApi } from '../../nearby/api.ts'
import { getPublishing, redeemInvitation } from '../../publishers/api.ts'
import { PublishPolicy } from '../../publishers/publish-policy.ts'
import { deleteCachedShare, getCachedShare, putCachedShare } from '../../seeder/api.ts'
import { AskQuota } from '../../seeder/ask-quota.ts'
import { PROOF_PATH, proofReply } from '../../seeder/link/address-proof.ts'
import type { ShareCache } from '../../seeder/share-cache.ts'
import { createShare, deleteShare, getShare, getTorrent, updateShare } from '../../shares/api.ts'
import { getChecksums, putChecksums } from '../../shares/checksums/api.ts'
import type { EndedShares } from '../../shares/expiry/ended-shares.ts'
import type { Inboxes } from '../../shares/inboxes/inboxes.ts'
import { inboxRoutes } from '../../shares/inboxes/routes.ts'
import { Sending } from '../../shares/inboxes/sending.ts'
import { getPresence } from '../../shares/presence/api.ts'
import type { Presences } from '../../shares/presence/presence.ts'
import { PublishLimit } from '../../shares/publishing/publish-limit.ts'
import { shownName } from '../../shares/publishing/shown-name.ts'
import type { Shares } from '../../shares/shares.ts'
import type { Tracker } from '../../tracker/tracker.ts'
import { getWebSeeds, putWebSeeds } from '../../web-seeds/api.ts'
import { FilesElsewhere } from '../../web-seeds/files-elsewhere.ts'
import { fileRoute } from '../../web-seeds/route.ts'
import type { WebSeed } from '../../web-seeds/web-seed.ts'
import type { WebSeedList } from '../../web-seeds/web-seed-list.ts'
import { type AdminServices, adminRoutes } from './admin.ts'
import { unlessBlocked } from './blocked.ts'
import { KeepQuota } from './keep-quota.ts'

interface RouteServices extends AdminServices {
  /** Undefined without a bucket. */
  readonly redirect: BucketRedirect | undefined
  readonly config: Config
  readonly ended: EndedShares
  /** Null: nobody asks for files here. */
  readonly inboxes: Inboxes | null
  readonly log: Log
  /** Null when the operator turned them off. */
  readonly metrics: Metrics | null
  readonly monitor: Monitor
  readonly origin: RequestOrigin
  readonly presences: Presences
  readonly shares: Shares
  readonly tracker: Tracker
  readonly webSeed: WebSeed
  readonly webSeedList: WebSeedList
  readonly widget: WidgetFiles
  /** Null while no seeder runs. */
  readonly shareCache: () => ShareCache | null
  readonly readiness: Readiness
}

/** Every route that is answered before the pages, in the order of docs/api.md. */
export function createRouter(services: RouteServices): Router {
  const {
    blocks,
    config,
    operators,
    shareCache,
    metrics,
    monitor,
    origin,
    publishers,
    shares,
    tracker,
    webSeedList,
    widget,
    readiness,
  } = services
  const limit = new PublishLimit({ origin, enabled: config.limits })
  const policy = new PublishPolicy({ ...services, isOperator: key => shares.isOperator(key) })
  const sentAt = async (infoHash: InfoHash) => services.inboxes?.sentAt(infoHash)
  const sending = new Sending({ inboxes: services.inboxes, policy })
  const iceOf = answerIce({ config, origin, isLive: infoHash => shares.isLive(infoHash) })
  const asks = new AskQuota({
    enabled: config.limits,
    bytesMax: config.seederAddressMax ?? config.seederBudget / 2,
  })
  const elsewhere = new FilesElsewhere({
    ...services,
    holders: infoHash => shareCache()?.holders(infoHash) ?? [],
    bucketLink: async (infoHash, path) => services.redirect?.linkTo(infoHash, path) ?? null,
  })
  const nearby = new NearbyApi({ limited: config.limits })
  const keepQuota = new KeepQuota({ ...services, asks, store: services.stores.shares })
  const routes: readonly Route[] = [
    {
      path: /^\/healthz$/,
      methods: {
        get: () => json(200, { status: 'ok' }),
      },
    },
    { path: /^\/readyz$/, methods: { get: () => readiness.reply() } },
    {
      path: /^\/announce$/,
      methods: {
        get: ({ request, query }) => tracker.announce(request, query),
      },
    },
    { path: /^\/scrape$/, methods: { get: ({ request, query }) => tracker.scrape(request, query) } },
    {
      path: /^\/api\/shares$/,
      methods: {
        post: call =>
          createShare(shares, { limit, policy, onPublished, sending }, call, origin.publicUrl(call.request)),
      },
    },
    unlessBlocked(services, {
      path: /^\/api\/shares\/([^/]+)$/,
      methods: {
        get: ({ request, name }) => getShare(shares, name, origin.publicUrl(request)),
        patch: ({ request, name }) => updateShare(shares, sentAt, name, request, origin.publicUrl(request)),
        delete: ({ request, name }) => deleteShare(shares, name, request),
      },
      headers: ANY_PAGE,
    }),
    unlessBlocked(services, {
      path: /^\/api\/shares\/([^/]+)\/web-seeds$/,
      methods: {
        get: ({ request, name }) => getWebSeeds(shares, webSeedList, name, request),
        put: ({ request, name }) => putWebSeeds(shares, webSeedList, name, request, origin.network(request)),
      },
    }),
    unlessBlocked(services, {
      path: /^\/api\/shares\/([^/]+)\/reports$/,
      methods: {
        post: ({ request, name }) => postReport(services, name, request, origin.network(request)),
      },
    }),
    unlessBlocked(services, {
      path: /^\/api\/shares\/([^/]+)\/kept$/,
      methods: {
        get: ({ name }) => getCachedShare(shareCache(), services.bucket, name),
        put: ({ request, name }) =>
          putCachedShare(shares, shareCache(), services.bucket, name, request, (cache, infoHash) =>
            keepQuota.take(cache, origin.network(request), infoHash),
          ),
        delete: ({ request, name }) =>
          deleteCachedShare(shares, shareCache(), services.bucket, name, request),
      },
    }),
    unlessBlocked(services, {
      path: /^\/api\/shares\/([^/]+)\/checksums$/,
      methods: {
        get: ({ name }) => getChecksums(services, name),
        put: ({ request, name }) => putChecksums(services, name, request),
      },
    }),
    unlessBlocked(services, {
      path: /^\/api\/shares\/([^/]+)\/presence$/,
      methods: { get: ({ name }) => getPresence(shares, services.presences, name) },
    }),
    ...(services.inboxes ? inboxRoutes(services.inboxes, policy, sending, origin) : []),
    ...adminRoutes(services),
    {
      // The service worker takes what the share sheet of a phone sends; this answers where it does not run.
      path: /^\/share-target$/,
      methods: {
        post: () => ({ status: 303, headers: { location: '/?shared=missed', connection: 'close' } }),
      },
    },
    {
      path: /^\/api\/publishing$/,
      methods: { get: call => getPublishing(policy, call) },
    },
    {
      path: /^\/api\/invitations$/,
      methods: { post: call => redeemInvitation(publishers, call) },
    },
    {
      path: /^\/api\/nearby$/,
      methods: { post: ({ request }) => nearby.here(request, origin.network(request)) },
    },
    {
      path: /^\/api\/nearby\/notes$/,
      methods: { post: ({ request }) => nearby.note(request, origin.network(request)) },
    },
    {
      path: /^\/api\/nearby\/leave$/,
      methods: { post: ({ request }) => nearby.leave(request, origin.network(request)) },
    },
    {
      path: /^\/status\.json$/,
      methods: { get: async ({ request }) => json(200, await monitor.status(origin.publicUrl(request))) },
    },
    unlessBlocked(services, {
      path: /^\/status\/([^/]+)\.json$/,
      methods: {
        get: async ({ request, name }) => {
          const infoHash = parseInfoHash(name)
          if (infoHash === null) throw new AppError('share_not_found')
          return json(200, await monitor.history(infoHash, origin.publicUrl(request)))
        },
      },
    }),
    {
      path: /^\/feed\.atom$/,
      methods: {
        get: ({ request }) => monitor.feed(origin.publicUrl(request), request.headers['if-none-match']),
      },
      headers: ANY_PAGE,
    },
    {
      path: /^\/metrics$/,
      methods: {
        get: ({ request }) => {
          if (metrics === null) throw new AppError('route_not_found')
          const isOpen = config.metrics === 'on' || origin.isLocal(request)
          if (!isOpen && operators.nameOf(ownerKey(request)) === null) throw new AppError('operator_only')
          return metrics.reply()
        },
      },
    },
    {
      path: /^\/api\/ice$/,
      methods: { get: async ({ request, query }) => json(200, await iceOf(request, query)) },
      headers: ANY_PAGE,
    },
    {
      path: /^\/api\/doctor$/,
      methods: {
        get: ({ request }) =>
          json(
            200,
            serverView(origin, request, config.seeder && config.seederPort > 0 ? config.seederPort : null),
          ),
      },
    },
    {
      path: /^\/api(?:\/|$)/,
      methods: {
        get: () => {
          throw new AppError('route_not_found')
        },
      },
    },
    unlessBlocked(services, {
      path: /^\/t\/([^/]+)\.torrent$/,
      methods: { get: ({ request, name }) => getTorrent(shares, name, request, origin.publicUrl(request)) },
    }),
    { path: PROOF_PATH, methods: { get: () => proofReply(shareCache()?.ownSeeder ?? null) } },
    unlessBlocked(services, fileRoute({ ...services, elsewhere })),
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

  /** Addresses are noted only where the operator said so, and are in no log. */
  async function onPublished(infoHash: InfoHash, publisher: string | null, request: IncomingMessage) {
    services.log.info({ infoHash, publisher }, 'share published')
    const address = config.keepAddresses === undefined ? undefined : origin.clientAddress(request)
    if (address !== undefined) await services.stores.addresses.note(infoHash, address, new Date())
    const cache = config.keepAlive === 'always' ? shareCache() : null
    if (cache) await keepQuota.takeUnasked(cache, origin.network(request), infoHash)
  }

  async function badgeFacts(name: string, publicUrl: string): Promise<BadgeFacts | 'blocked' | null> {
    const infoHash = parseInfoHash(name)
    if (infoHash && blocks.of(infoHash)) return 'blocked'
    const share = infoHash && (await shares.brief(infoHash, publicUrl))
    if (!infoHash || !share) return null
    const seeds = tracker.counts(infoHash).complete
    const cached = shareCache()?.state(infoHash).kept === 'yes'
    return { name: shownName(share), length: share.length, seeds, cached }
  }

  return routerOf(routes)
}
