import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { AppError } from '../../lib/base/errors.ts'
import { etagOf, matchesWeakly } from '../http/etag.ts'
import type { Reply } from '../http/reply.ts'
import { bundleWidget, type WidgetScripts } from './bundle.ts'

const FOLDER = join(import.meta.dirname, '../../.next/widget')
const NAMES = ['embed.js', 'embed-engine.js', 'embed-frame.js'] as const
const TYPES = join(import.meta.dirname, '../../lib/embed/types.d.ts')

/** Any page, under any isolation of its own (COEP), may load these. */
export const ANY_PAGE: OutgoingHttpHeaders = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
}

/** Bundle the widget's scripts and put them beside the built pages. */
export async function buildWidget(): Promise<void> {
  const scripts = await bundleWidget()
  mkdirSync(FOLDER, { recursive: true })
  for (const name of NAMES) writeFileSync(join(FOLDER, name), scripts[name])
}

/** The widget's scripts: from the build, or in development bundled for each request. */
export class WidgetFiles {
  readonly #read: () => Promise<WidgetScripts>

  constructor({ dev }: { readonly dev: boolean }) {
    let built: Promise<WidgetScripts> | undefined
    this.#read = () => {
      if (dev) return bundleWidget()
      built ??= readBuilt()
      return built
    }
  }

  /** The answer to `GET /embed….js`. Errors: `route_not_found`. */
  async answer(name: string, query: string, ifNoneMatch: string | undefined): Promise<Reply> {
    const known = NAMES.find(script => script === name)
    if (!known) throw new AppError('route_not_found')
    const body = (await this.#read())[known]
    const etag = etagOf(body)
    const headers = {
      'content-type': 'text/javascript; charset=utf-8',
      etag,
      // embed.js is named in pages for years; what it asks for carries its version.
      'cache-control': query.startsWith('v=') ? 'public, max-age=31536000, immutable' : 'public, max-age=600',
    }
    const isKnown = ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, etag)
    return isKnown ? { status: 304, headers } : { status: 200, headers, body }
  }
}

/** `GET /embed.d.ts`: types of the element for TypeScript. */
export const widgetTypes = (): Reply => ({
  status: 200,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'public, max-age=600' },
  body: readFileSync(TYPES),
})

async function readBuilt(): Promise<WidgetScripts> {
  const entries = NAMES.map(name => [name, readFileSync(join(FOLDER, name), 'utf8')])
  return Object.fromEntries(entries) as WidgetScripts
}
