import { AppError } from '../../../lib/base/errors.ts'
import type { Router } from '../../http/http.ts'
import { routerOf } from '../../http/router.ts'
import { NearbyApi } from '../../nearby/api.ts'
import { adminRoutes } from './admin.ts'
import { embedRoutes } from './embed.ts'
import { operatingRoutes } from './operating.ts'
import type { RouteServices } from './services.ts'
import { shareRoutes } from './shares.ts'

/** Every route that is answered before the pages: docs/api.md. */
export function createRouter(services: RouteServices): Router {
  const { origin, tracker } = services
  const nearby = new NearbyApi({ limited: services.config.limits })
  return routerOf([
    {
      path: /^\/announce$/,
      methods: {
        get: ({ request, query }) => tracker.announce(request, query),
      },
    },
    { path: /^\/scrape$/, methods: { get: ({ request, query }) => tracker.scrape(request, query) } },
    ...operatingRoutes(services),
    ...shareRoutes(services),
    ...adminRoutes(services),
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
      path: /^\/api(?:\/|$)/,
      methods: {
        get: () => {
          throw new AppError('route_not_found')
        },
      },
    },
    ...embedRoutes(services),
  ])
}
