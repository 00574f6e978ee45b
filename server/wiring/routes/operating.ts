import { AppError } from '../../../lib/base/errors.ts'
import { parseInfoHash } from '../../../lib/torrent/ids.ts'
import { ANY_PAGE } from '../../embed/scripts.ts'
import { serverView } from '../../http/doctor.ts'
import { answerIce } from '../../http/ice.ts'
import { json } from '../../http/reply.ts'
import type { Route } from '../../http/router.ts'
import { ownerKey } from '../../http/share-request.ts'
import { PROOF_PATH, proofReply } from '../../seeder/link/address-proof.ts'
import { unlessBlocked } from './blocked.ts'
import type { RouteServices } from './services.ts'

/** What monitors and administrators ask of the server, and tabs about their network. */
export function operatingRoutes(services: RouteServices): readonly Route[] {
  const { config, metrics, monitor, operators, origin, readiness, shareCache, shares } = services
  const iceOf = answerIce({ config, origin, isLive: infoHash => shares.isLive(infoHash) })
  return [
    {
      path: /^\/healthz$/,
      methods: {
        get: () => json(200, { status: 'ok' }),
      },
    },
    { path: /^\/readyz$/, methods: { get: () => readiness.reply() } },
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
    { path: PROOF_PATH, methods: { get: () => proofReply(shareCache()?.ownSeeder ?? null) } },
  ]
}
