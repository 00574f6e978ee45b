import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { AppError } from '../../lib/base/errors.ts'
import { encodeOnce } from '../http/encoding.ts'
import { etagOf, matchesWeakly } from '../http/etag.ts'
import type { Reply } from '../http/reply.ts'
import { bundleWidget, type WidgetScripts } from './bundle.ts'

const FOLDER = join(import.meta.dirname, '../../.next/widget')
const NAMES = ['embed.js', 'embed-engine.js', 'embed-frame.js'] as const
const TYPES = join(import.meta.dirname, '../../lib/embed/types.d.ts')

/** Any page may load these, whatever isolation (COEP) it has. */
export const ANY_PAGE: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
}

/** A script of the widget. */
type Script = Pick<Reply, 'encodings'> & { readonly body: string | Uint8Array }

/** Bundles the widget's scripts and writes them beside the built pages, compressed too. */
export async function buildWidget(): Promise<void> {
  const scripts = await bundleWidget()
  mkdirSync(FOLDER, { recursive: true })
  for (const name of NAMES) {
    writeFileSync(join(FOLDER, name), scripts[name])
    const { br, gzip } = await encodeOnce(Buffer.from(scripts[name]))
    writeFileSync(join(FOLDER, `${name}.br`), br)
    writeFileSync(join(FOLDER, `${name}.gz`), gzip)
  }
}

/** The widget's scripts: from the build, or in development bundled at each request. */
export class WidgetFiles {
  readonly #read: () => Promise<Readonly<Record<keyof WidgetScripts, Script>>>

  constructor({ dev }: { readonly dev: boolean }) {
    let built: ReturnType<typeof readBuilt> | undefined
    this.#read = () => {
      if (dev) return bundleNow()
      built ??= readBuilt()
      return built
    }
  }

  /** The answer to `GET /embed….js`. Errors: `route_not_found`. */
  async answer(name: string, query: string, ifNoneMatch: string | undefined): Promise<Reply> {
    const known = NAMES.find(script => script === name)
    if (!known) throw new AppError('route_not_found')
    const { body, encodings } = (await this.#read())[known]
    const etag = etagOf(body)
    const headers = {
      'content-type': 'text/javascript; charset=utf-8',
      etag,
      // Sites refer to embed.js for years; the scripts it loads carry their version.
      'cache-control': query.startsWith('v=') ? 'public, max-age=31536000, immutable' : 'public, max-age=600',
    }
    const isKnown = ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, etag)
    return isKnown ? { status: 304, headers } : { status: 200, headers, body, encodings }
  }
}

/** `GET /embed.d.ts`: types of the element for TypeScript. */
export const widgetTypes = (): Reply => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'public, max-age=600' },
  body: readFileSync(TYPES),
})

async function readBuilt() {
  const read = (name: string) => readFileSync(join(FOLDER, name))
  return scriptsBy(name => ({
    body: read(name),
    encodings: { br: read(`${name}.br`), gzip: read(`${name}.gz`) },
  }))
}

async function bundleNow() {
  const scripts = await bundleWidget()
  return scriptsBy(name => ({ body: scripts[name] }))
}

const scriptsBy = (script: (name: keyof WidgetScripts) => Script) =>
  Object.fromEntries(NAMES.map(name => [name, script(name)])) as Record<keyof WidgetScripts, Script>
