import { createServer, type Server } from 'node:http'
import type { PageHandler } from '../http/http.ts'

interface Pages {
  readonly handle: PageHandler
  /** Where Next listens for upgrades, see server/http/upgrade.ts. */
  readonly nextServer: Server
  close(): Promise<void>
}

/** Next, ready to render the pages: from the build, or in development from source. */
export async function openPages(options: { dev: boolean; host: string; port: number }): Promise<Pages> {
  // React and next.config.js choose by this variable, so it is set before they are loaded.
  Object.assign(process.env, { NODE_ENV: options.dev ? 'development' : 'production' })
  const { default: next } = await import('next')
  const nextServer = createServer()
  const app = next({
    dev: options.dev,
    dir: `${import.meta.dirname}/..`,
    hostname: options.host,
    port: options.port,
    httpServer: nextServer,
  })
  await app.prepare()
  const handle = app.getRequestHandler()
  return { handle: (request, response) => handle(request, response), nextServer, close: () => app.close() }
}
