import { type Blocking, blockShare, importBlocks, listBlocks, unblockShare } from '../admin/blocks-api.ts'
import type { RequestOrigin } from '../http/origin.ts'
import type { Route } from '../http/router.ts'
import { createToken, listTokens, revokeToken } from '../publishers/api.ts'
import type { Publishers } from '../publishers/publishers.ts'

export interface AdminServices extends Blocking {
  readonly origin: RequestOrigin
  readonly publishers: Publishers
}

/** What only operators may ask; each route wants the key of one. */
export function adminRoutes(services: AdminServices): readonly Route[] {
  const { operators, origin, publishers } = services
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
      path: /^\/api\/admin\/tokens$/,
      methods: {
        get: ({ request }) => {
          operators.require(request)
          return listTokens(publishers)
        },
        post: ({ request }) => {
          operators.require(request)
          return createToken(publishers, request, origin.publicUrl(request))
        },
      },
    },
    {
      path: /^\/api\/admin\/tokens\/([^/]+)$/,
      methods: {
        delete: ({ request, name }) => {
          operators.require(request)
          return revokeToken(publishers, name)
        },
      },
    },
  ]
}
