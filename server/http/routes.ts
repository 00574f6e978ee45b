import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { parseInfoHash } from '../../lib/torrent/ids.ts'
import type { Config } from '../config/config.ts'
import { type BadgeFacts, badge } from '../embed/badge.ts'
import { framePage } from '../embed/frame-page.ts'
import { oembed } from '../embed/oembed.ts'
import { ANY_PAGE, type WidgetFiles, widgetTypes } from '../embed/scripts.ts'
import { iceConfig } from '../ice.ts'
import type { Metrics } from '../monitor/metrics.ts'
import type { Monitor } from '../monitor/monitor.ts'
import { dropShare, getKept, keepShare } from '../seeder/api.ts'
import type { Keeper } from '../seeder/keeper.ts'
import {
  blockShare,
  createShare,
  deleteShare,
  getShare,
  getTorrent,
  getWebSeeds,
  putWebSeeds,
  unblockShare,
  updateShare,
} from '../shares/api.ts'
import { PublishLimit } from '../shares/publish-limit.ts'
import type { Shares } from '../shares/shares.ts'
import type { Tracker } from '../tracker/tracker.ts'
import { WEB_SEED_HEADERS, WEB_SEED_PREFLIGHT } from '../web-seeds/head.ts'
import type { WebSeed } from '../web-seeds/web-seed.ts'
import type { WebSeedList } from '../web-seeds/web-seed-list.ts'
import { serverView } from './doctor.ts'
import type { RequestOrigin } from './origin.ts'
import { errorReply, json, type Reply } from './reply.ts'

/** A request to one of our own routes. */
interface Call {
  readonly request: IncomingMessage
  /** What is after `?`, still encoded. */
  readonly query: string
  /** The part of the path that names a share, or empty. */
  readonly name: string
  /** What follows it in the path, still encoded, or empty. */
  readonly rest: string
}

type Handler = (call: Call) => Reply | Promise<Reply>

interface Route {
  /** Its groups, if any, become `Call.name` and `Call.rest`. */
  readonly path: RegExp
  readonly methods: Readonly<Partial<Record<'get' | 'post' | 'put' | 'patch' | 'delete', Handler>>>
  /** On every answer of the route, errors included. */
  readonly headers?: OutgoingHttpHeaders
  /** On the answer to OPTIONS besides. */
  readonly preflight?: OutgoingHttpHeaders
}

interface RouteServices {
  readonly config: Config
  /** Null when the operator shows none. */
  readonly metrics: Metrics | null
  readonly monitor: Monitor
  readonly origin: RequestOrigin
  readonly shares: Shares
  readonly tracker: Tracker
  readonly webSeed: WebSeed
  readonly webSeedList: WebSeedList
  readonly widget: WidgetFiles
  /** Null while no seeder runs. */
  readonly keeper: () => Keeper | null
  readonly isStopping: () => boolean
}

/** Answers a request when the path is one of ours; undefined leaves it to the pages. Never throws. */
export type Router = (path: string, call: Omit<Call, 'name' | 'rest'>) => Promise<Reply> | undefined

/** Every route that is answered before Next; docs/api.md describes them in the same order. */
export function createRouter(services: RouteServices): Router {
  const {
    config,
    keeper,
    metrics,
    monitor,
    origin,
    shares,
    tracker,
    webSeed,
    webSeedList,
    widget,
    isStopping,
  } = services
  const publishLimit = new PublishLimit(origin, config.limits)
  const routes: readonly Route[] = [
    {
      path: /^\/healthz$/,
      methods: {
        get: () => (isStopping() ? errorReply(new AppError('server_stopping')) : json(200, { status: 'ok' })),
      },
    },
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
        post: ({ request }) => createShare(shares, publishLimit, request, origin.publicUrl(request)),
      },
    },
    {
      path: /^\/api\/shares\/([^/]+)$/,
      methods: {
        get: ({ request, name }) => getShare(shares, name, origin.publicUrl(request)),
        patch: ({ request, name }) => updateShare(shares, name, request, origin.publicUrl(request)),
        delete: ({ request, name }) => deleteShare(shares, name, request),
      },
      headers: ANY_PAGE,
    },
    {
      path: /^\/api\/shares\/([^/]+)\/blocked$/,
      methods: {
        put: ({ request, name }) => blockShare(shares, name, request),
        delete: ({ request, name }) => unblockShare(shares, name, request),
      },
    },
    {
      path: /^\/api\/shares\/([^/]+)\/web-seeds$/,
      methods: {
        get: ({ request, name }) => getWebSeeds(shares, webSeedList, name, request),
        put: ({ request, name }) => putWebSeeds(shares, webSeedList, name, request),
      },
    },
    {
      path: /^\/api\/shares\/([^/]+)\/kept$/,
      methods: {
        get: ({ name }) => getKept(keeper(), name),
        put: ({ request, name }) => keepShare(shares, keeper(), name, request),
        delete: ({ request, name }) => dropShare(shares, keeper(), name, request),
      },
    },
    {
      path: /^\/status\.json$/,
      methods: { get: async ({ request }) => json(200, await monitor.status(origin.publicUrl(request))) },
    },
    {
      path: /^\/status\/([^/]+)\.json$/,
      methods: {
        get: async ({ request, name }) => {
          const infoHash = parseInfoHash(name)
          if (infoHash === null) throw new AppError('share_not_found')
          return json(200, await monitor.history(infoHash, origin.publicUrl(request)))
        },
      },
    },
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
        get: () => {
          if (metrics === null) throw new AppError('route_not_found')
          return metrics.reply()
        },
      },
    },
    {
      path: /^\/api\/ice$/,
      methods: { get: () => json(200, iceConfig(config, new Date())) },
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
    {
      path: /^\/t\/([^/]+)\.torrent$/,
      methods: { get: ({ request, name }) => getTorrent(shares, name, origin.publicUrl(request)) },
    },
    {
      path: /^\/w\/([^/]*)(?:\/(.*))?$/,
      methods: {
        get: ({ request, name, rest }) => webSeed.answer(name, rest, request, origin.clientAddress(request)),
      },
      headers: WEB_SEED_HEADERS,
      preflight: WEB_SEED_PREFLIGHT,
    },
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

  async function badgeFacts(name: string, publicUrl: string): Promise<BadgeFacts | null> {
    const infoHash = parseInfoHash(name)
    const share = infoHash && (await shares.find(infoHash, publicUrl))
    if (!infoHash || !share) return null
    const seeds = tracker.counts(infoHash).complete
    const cached = keeper()?.state(infoHash).kept === 'yes'
    return { name: share.title || share.name, length: share.length, seeds, cached }
  }

  return (path, call) => {
    for (const route of routes) {
      const match = route.path.exec(path)
      if (match) return answer(route, { ...call, name: match[1] ?? '', rest: match[2] ?? '' })
    }
    return undefined
  }
}

async function answer(route: Route, call: Call): Promise<Reply> {
  try {
    const reply = await answerMethod(route, call)
    return { ...reply, headers: { ...route.headers, ...reply.headers } }
  } catch (reason) {
    // What we did not expect is logged where all of it is.
    if (!(reason instanceof AppError)) throw reason
    return errorReply(reason, route.headers)
  }
}

async function answerMethod({ methods, preflight }: Route, call: Call): Promise<Reply> {
  const names = Object.keys(methods).map(name => name.toUpperCase())
  const allow = ['OPTIONS', ...(methods.get ? ['HEAD'] : []), ...names].join(', ')
  const method = call.request.method ?? ''
  if (method === 'OPTIONS') return { status: 204, headers: { allow, ...preflight } }
  const name = method === 'HEAD' ? 'get' : method.toLowerCase()
  const handler = Object.hasOwn(methods, name) ? methods[name as keyof typeof methods] : undefined
  return handler?.(call) ?? errorReply(new AppError('method_not_allowed', method), { allow })
}
