import type { IncomingMessage } from 'node:http'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { postReport } from '../../admin/reports-api.ts'
import { ANY_PAGE } from '../../embed/scripts.ts'
import type { Route } from '../../http/router.ts'
import { getPublishing, redeemInvitation } from '../../publishers/api.ts'
import { PublishPolicy } from '../../publishers/publish-policy.ts'
import { deleteCachedShare, getCachedShare, putCachedShare } from '../../seeder/api.ts'
import { AskQuota } from '../../seeder/ask-quota.ts'
import { createShare, deleteShare, getShare, getTorrent, updateShare } from '../../shares/api.ts'
import { getChecksums, putChecksums } from '../../shares/checksums/api.ts'
import { inboxRoutes } from '../../shares/inboxes/routes.ts'
import { Sending } from '../../shares/inboxes/sending.ts'
import { getPresence } from '../../shares/presence/api.ts'
import { PublishLimit } from '../../shares/publishing/publish-limit.ts'
import { getWebSeeds, putWebSeeds } from '../../web-seeds/api.ts'
import { FilesElsewhere } from '../../web-seeds/files-elsewhere.ts'
import { fileRoute } from '../../web-seeds/route.ts'
import { unlessBlocked } from './blocked.ts'
import { KeepQuota } from './keep-quota.ts'
import type { RouteServices } from './services.ts'

/** Publishing, and what is asked of one share. */
export function shareRoutes(services: RouteServices): readonly Route[] {
  const { config, origin, shareCache, shares, webSeedList } = services
  const limit = new PublishLimit({ origin, enabled: config.limits })
  const policy = new PublishPolicy({ ...services, isOperator: key => shares.isOperator(key) })
  const sentAt = async (infoHash: InfoHash) => services.inboxes?.sentAt(infoHash)
  const sending = new Sending({ inboxes: services.inboxes, policy })
  const asks = new AskQuota({
    enabled: config.limits,
    bytesMax: config.seederAddressMax ?? config.seederBudget / 2,
  })
  const elsewhere = new FilesElsewhere({
    ...services,
    holders: infoHash => shareCache()?.holders(infoHash) ?? [],
    bucketLink: async (infoHash, path) => services.redirect?.linkTo(infoHash, path) ?? null,
  })
  const keepQuota = new KeepQuota({ ...services, asks, store: services.stores.shares })
  return [
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
    unlessBlocked(services, {
      path: /^\/t\/([^/]+)\.torrent$/,
      methods: { get: ({ request, name }) => getTorrent(shares, name, request, origin.publicUrl(request)) },
    }),
    unlessBlocked(services, fileRoute({ ...services, elsewhere })),
    ...(services.inboxes ? inboxRoutes(services.inboxes, policy, sending, origin) : []),
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
      methods: { post: call => redeemInvitation(services.publishers, call) },
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
}
