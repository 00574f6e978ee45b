import type { RequestOrigin } from '../../http/origin.ts'
import type { Route } from '../../http/router.ts'
import type { PublishPolicy } from '../../publishers/publish-policy.ts'
import { createDelivery, createInbox, deleteInbox, getDeliveries, getDelivery, getInbox } from './api.ts'
import type { Inboxes } from './inboxes.ts'
import type { Sending } from './sending.ts'

/** With which people ask for files, and others send them. */
export const inboxRoutes = (
  inboxes: Inboxes,
  policy: PublishPolicy,
  sending: Sending,
  origin: RequestOrigin,
): readonly Route[] => [
  {
    path: /^\/api\/inboxes$/,
    methods: { post: call => createInbox(inboxes, policy, call, origin.network(call.request)) },
  },
  {
    path: /^\/api\/inboxes\/([^/]+)$/,
    methods: {
      get: ({ name }) => getInbox(inboxes, sending, name),
      delete: ({ request, name }) => deleteInbox(inboxes, name, request),
    },
  },
  {
    path: /^\/api\/inboxes\/([^/]+)\/deliveries$/,
    methods: {
      get: ({ request, name, query }) => getDeliveries(inboxes, name, request, query),
      post: ({ request, name }) => createDelivery(inboxes, name, request, origin.network(request)),
    },
  },
  {
    path: /^\/api\/inboxes\/([^/]+)\/deliveries\/([^/]+)$/,
    methods: { get: ({ name, rest }) => getDelivery(inboxes, name, rest) },
  },
]
