import { AppError } from '../../lib/base/errors.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { createHttpServer } from '../http/http.ts'
import { Listener } from '../http/listener.ts'
import { RequestOrigin } from '../http/origin.ts'
import { json } from '../http/reply.ts'
import { routerOf } from '../http/router.ts'
import { WEB_SEED_HEADERS, WEB_SEED_PREFLIGHT } from '../web-seeds/head.ts'
import { WebSeed } from '../web-seeds/web-seed.ts'
import { PROOF_PATH, proofReply } from './link/address-proof.ts'
import type { ServedCopies } from './served-copies.ts'

/** Answers that are under way at a stop may take so long. */
const DRAIN_LIMIT_MS = 1_000

interface FilesServerOptions {
  readonly config: Config
  /** Where it listens. */
  readonly at: { readonly host: string; readonly port: number }
  readonly copies: ServedCopies
  /** The id of this seeder. */
  readonly seeder: string
  readonly log: Log
}

/** The HTTP server of a seeder on a machine of its own, which answers below `/w/` as a server does. Errors: `StartError`. */
export async function startFilesServer({ at, config, copies, log, seeder }: FilesServerOptions) {
  const webSeed = new WebSeed({ hosted: copies, limit: config.webseedLimit ?? null, log })
  const origin = new RequestOrigin(config, log)
  let isStopping = false
  const server = createHttpServer({
    log,
    origin,
    limited: config.limits,
    isStopping: () => isStopping,
    route: routerOf([
      { path: /^\/healthz$/, methods: { get: () => json(200, { status: 'ok' }) } },
      { path: PROOF_PATH, methods: { get: () => proofReply(seeder) } },
      {
        path: /^\/w\/([^/]*)(?:\/(.*))?$/,
        methods: {
          get: ({ name, request, rest }) => {
            const infoHash = parseInfoHash(name)
            // Who is told that it is not here does not ask again.
            if (infoHash && !webSeed.has(infoHash) && copies.mayCome(infoHash))
              throw new AppError('server_busy')
            return webSeed.answer(name, rest, request, origin.network(request))
          },
        },
        headers: WEB_SEED_HEADERS,
        preflight: WEB_SEED_PREFLIGHT,
      },
    ]),
    pages: async () => {
      throw new AppError('route_not_found')
    },
  })
  const listener = await Listener.listen(server, { ...at, settings: 'TABSEED_SEEDER_HTTP' })
  log.info({ port: listener.port }, 'files are answered over HTTP')
  return {
    /** Cuts off running answers from a share. */
    drop: (infoHash: InfoHash) => webSeed.drop(infoHash),
    async stop(): Promise<void> {
      isStopping = true
      await listener.drain(DRAIN_LIMIT_MS)
    },
  }
}
