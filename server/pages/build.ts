import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
/** Written after a successful build; a failed one leaves none, or an old one that no longer matches. */
const STAMP = join(ROOT, '.next/tabseed-sources')
const SOURCES = [
  'app',
  'components',
  'lib',
  'public',
  'scripts/build-widget.ts',
  'server/embed',
  'server/http/encoding.ts',
  'server/pages/services.ts',
  'next.config.js',
  'postcss.config.js',
  'tsconfig.json',
  'package-lock.json',
]

/** Whether this is an installed package, which has its pages built and no sources of them. */
export const isPackage = (): boolean => !existsSync(join(ROOT, 'app'))

/** Names what this server runs: equal on all nodes that run the same. */
export function buildId(): string {
  const file = join(ROOT, '.next/BUILD_ID')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().slice(0, 12) : 'unbuilt'
}

/** Builds the pages unless the build is current; one line on stderr says why. Throws when `next build` fails. */
export function buildIfStale(): void {
  if (isPackage()) return
  const sources = hashSources()
  const reason = whyStale(sources)
  if (reason === null) return
  process.stderr.write(`Building the pages: ${reason}.\n`)
  const next = join(ROOT, 'node_modules/next/dist/bin/next')
  run([next, 'build'], { TABSEED_BUILD_ID: sources })
  // After it: a build empties the folder.
  run([join(ROOT, 'scripts/build-widget.ts')])
  writeFileSync(STAMP, sources)
}

function run(args: readonly string[], env: Record<string, string> = {}): void {
  execFileSync(process.execPath, args, {
    cwd: ROOT,
    // Its report goes to stderr: stdout carries only the URL.
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, ...env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  })
}

/** Why the pages must be built, or null when the build is current. */
export function whyStale(sources = hashSources()): string | null {
  if (!existsSync(join(ROOT, '.next/BUILD_ID'))) return 'there is no build yet'
  if (!existsSync(STAMP)) return 'the build that is there may be incomplete'
  return readFileSync(STAMP, 'utf8') === sources ? null : 'sources changed since the last build'
}

/** SHA-256 over names and contents of everything that goes into a build. */
function hashSources(): string {
  const hash = createHash('sha256')
  for (const path of SOURCES.flatMap(filesBelow)) {
    const content = readFileSync(join(ROOT, path))
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

function filesBelow(source: string): string[] {
  const path = join(ROOT, source)
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [source]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort()
}
