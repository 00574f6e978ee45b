import { type RunRequest, SERVER } from './place.ts'
import type { Runner } from './status.ts'

/** Path of the engine, with a sign of its version; put in by server/embed/bundle.ts. */
declare const __ENGINE__: string

/** What `lib/embed/engine/engine.ts` gives. */
interface EngineModule {
  open(request: RunRequest): Runner
}

/** Runs a download in the page itself. The engine is loaded once for all widgets of the page. */
export async function runInPage(request: RunRequest): Promise<Runner> {
  const stop = new AbortController()
  document.addEventListener(
    'securitypolicyviolation',
    ({ blockedURI, disposition, effectiveDirective }) => {
      // ws: and wss: of our host too.
      const ours = [SERVER, SERVER.replace(/^http/, 'ws')].some(origin => blockedURI.startsWith(`${origin}/`))
      // Refused pictures and frames of our host are nothing to a download.
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
      heed: (name, value) => runner.heed(name, value),
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
