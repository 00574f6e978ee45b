import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Config } from '../config/config.ts'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { provideServices, type Services } from './services.ts'

interface PagesOptions extends Pick<Config, 'dev' | 'host' | 'port'> {
  /** What a page may use, with links under the origin its request came to. */
  readonly servicesUnder: (origin: string) => Services
}

interface Pages {
  /** Answers a request for a page that came to `origin`. */
  handle(origin: string, request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Where Next listens for upgrades, see server/wiring/routes/upgrades.ts. */
  readonly nextServer: Server
  close(): Promise<void>
}

/** Services of the request a page is rendered for: its own server's, when there are several in this process. */
const current = new AsyncLocalStorage<Services>()

/**
 * Next, ready to render the pages: from the build, or in development from source. It sets NODE_ENV, so that servers with
 * pages from both cannot share a process.
 */
export async function openPages({ dev, host, port, servicesUnder }: PagesOptions): Promise<Pages> {
  // React and next.config.js choose by this variable, so it is set before they are loaded.
  Object.assign(process.env, { NODE_ENV: dev ? 'development' : 'production' })
  provideServices(() => current.getStore())
  const { default: next } = await import('next')
  const nextServer = createServer()
  const app = next({
    dev,
    dir: `${import.meta.dirname}/../..`,
    hostname: host,
    port,
    httpServer: nextServer,
  })
  await app.prepare()
  const handle = app.getRequestHandler()
  return {
    handle: (origin, request, response) => {
      const nonce = randomBytes(16).toString('base64')
      const answer = request.url?.startsWith('/_next/static/') ? 'script' : 'page'
      const policy = contentSecurityPolicy(nonce, { answer, dev })
      // Next takes the nonce of its scripts from the request, and app/layout.tsx that of the theme's; nobody else may set one.
      request.headers['content-security-policy'] = policy
      request.headers['x-nonce'] = nonce
      response.setHeader('content-security-policy', policy)
      return current.run(servicesUnder(origin), () => handle(request, response))
    },
    nextServer,
    close: () => app.close(),
  }
}
