import { type Blocking, blockShare, importBlocks, listBlocks, unblockShare } from '../../admin/blocks-api.ts'
import { getNodes } from '../../admin/nodes-api.ts'
import { getAudit, getOverview, type Overviewing, searchShares } from '../../admin/overview-api.ts'
import { closeReport, listReports } from '../../admin/reports-api.ts'
import type { Cluster } from '../../cluster/cluster.ts'
import type { RequestOrigin } from '../../http/origin.ts'
import type { Route } from '../../http/router.ts'
import { createToken, listTokens, revokeToken } from '../../publishers/api.ts'
import type { Publishers } from '../../publishers/publishers.ts'
import type { Stores } from '../../shares/database.ts'
import type { Act } from '../../shares/takedown/takedown-store.ts'

export interface AdminServices extends Blocking, Overviewing {
  readonly stores: Stores
  readonly origin: RequestOrigin
  readonly publishers: Publishers
  /** Null: this server is alone. */
  readonly cluster: Cluster | null
}

/** What only operators may ask; each route wants the key of one. */
export function adminRoutes(services: AdminServices): readonly Route[] {
  const { cluster, operators, origin, publishers, stores, tracker } = services
  const note = (act: Act) => stores.takedown.note(act, new Date())
  return [
    {
      path: /^\/api\/shares\/([^/]+)\/blocked$/,
      methods: {
        put: ({ request, name }) => blockShare(services, name, request),
        delete: ({ request, name }) => unblockShare(services, name, request),
      },
    },
    {
      path: /^\/api\/admin\/blocks$/,
      methods: {
        get: ({ request, query }) => listBlocks(services, request, query),
        post: ({ request }) => importBlocks(services, request),
      },
    },
    {
      path: /^\/api\/admin\/overview$/,
      methods: { get: ({ request }) => getOverview(services, request) },
    },
    {
      path: /^\/api\/admin\/nodes$/,
      methods: {
        get: async ({ request }) => {
          operators.require(request)
          return getNodes({ cluster, copies: stores.copies, tracker })
        },
      },
    },
    {
      path: /^\/api\/admin\/shares$/,
      methods: {
        get: ({ request, query }) => searchShares(services, request, query, origin.publicUrl(request)),
      },
    },
    {
      path: /^\/api\/admin\/audit$/,
      methods: { get: ({ request, query }) => getAudit(services, request, query) },
    },
    {
      path: /^\/api\/admin\/reports$/,
      methods: { get: ({ request, query }) => listReports(services, request, query) },
    },
    {
      path: /^\/api\/admin\/reports\/([^/]+)$/,
      methods: { delete: ({ request, name }) => closeReport(services, name, request) },
    },
    {
      path: /^\/api\/admin\/tokens$/,
      methods: {
        get: ({ request }) => {
          operators.require(request)
          return listTokens(publishers)
        },
        post: async ({ request }) => {
          const by = operators.require(request)
          const made = await createToken(publishers, request, origin.publicUrl(request))
          await note({ by, act: 'create-token', infoHash: null, why: made.token.name })
          return made.reply
        },
      },
    },
    {
      path: /^\/api\/admin\/tokens\/([^/]+)$/,
      methods: {
        delete: async ({ request, name }) => {
          const by = operators.require(request)
          const { name: whose } = await publishers.find(name)
          const reply = await revokeToken(publishers, name)
          await note({ by, act: 'revoke-token', infoHash: null, why: whose })
          return reply
        },
      },
    },
  ]
}
