import { webSocketUrl } from '../base/web-socket-url.ts'
import { type RunRequest, SERVER } from './place.ts'
import type { Runner } from './status.ts'

/** Path of the engine with its version; set by server/embed/bundle.ts. */
declare const __ENGINE__: string

/** The exports of `lib/embed/engine/engine.ts` used here. */
interface EngineModule {
  open(request: RunRequest): Runner
}

/** Run a download in the page itself. The engine is loaded once for all widgets of the page. */
export async function runInPage(request: RunRequest): Promise<Runner> {
  const stop = new AbortController()
  document.addEventListener(
    'securitypolicyviolation',
    ({ blockedURI, disposition, effectiveDirective }) => {
      // Includes ws: and wss: of our host.
      const ours = [SERVER, webSocketUrl(SERVER)].some(origin => blockedURI.startsWith(`${origin}/`))
      // Blocked images and frames do not stop a download.
      if (ours && disposition === 'enforce' && effectiveDirective === 'connect-src') request.onRefused()
    },
    { signal: stop.signal },
  )
  try {
    const { open }: EngineModule = await import(SERVER + __ENGINE__)
    const runner = open(request)
    return {
      start: () => runner.start(),
      pause: () => runner.pause(),
      setUploads: uploads => runner.setUploads(uploads),
      setAttribute: (name, value) => runner.setAttribute(name, value),
      save: () => runner.save(),
      close() {
        stop.abort()
        runner.close()
      },
    }
  } catch (reason) {
    stop.abort()
    throw reason
  }
}
