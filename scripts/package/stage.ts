import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join } from 'node:path'

/** As they are. */
const COPIED = ['public', 'docs', 'next.config.js', 'LICENSE', 'README.md', 'CHANGELOG.md', 'SECURITY.md']

/** Programs without their types: Node.js strips none below `node_modules`, where packages are installed. */
const STRIPPED = ['server', 'lib']

/** next-intl looks for it when the configuration is read, and wants nothing more of it. */
const KEPT_AS_TYPESCRIPT = ['lib/i18n/request.ts', 'lib/embed/types.d.ts']

/** Of the build, what only another build or a debugger reads. */
const NOT_SERVED = /^(?:build|cache|dev|diagnostics|types|trace|trace-build)(?:\/|$)|\.(?:map|nft\.json)$/

/** Writes the content of the npm package into the empty folder `target`, from the checkout at `root`, whose pages are built. */
export function stagePackage(root: string, target: string): void {
  for (const path of COPIED) cpSync(join(root, path), join(target, path), { recursive: true })
  for (const path of STRIPPED) stripFolder(root, target, path)
  for (const path of KEPT_AS_TYPESCRIPT) cpSync(join(root, path), join(target, path))
  copyBuild(root, target)
  writeJson(join(target, 'package.json'), manifestOf(readJson(join(root, 'package.json'))))
  writeJson(join(target, 'npm-shrinkwrap.json'), lockOf(readJson(join(root, 'package-lock.json'))))
}

function stripFolder(root: string, target: string, folder: string): void {
  for (const path of filesBelow(root, folder)) {
    if (/\.d\.ts$|\.tsx$/.test(path)) continue
    const source = join(root, path)
    const placed = join(target, path)
    mkdirSync(dirname(placed), { recursive: true })
    if (/\.[tj]s$/.test(path)) {
      const { mode } = statSync(source)
      writeFileSync(placed.replace(/\.ts$/, '.js'), programOf(readFileSync(source, 'utf8'), path), { mode })
    } else cpSync(source, placed)
  }
}

/** Its types become blanks, and names of our own files those of the package. */
const programOf = (source: string, path: string): string =>
  (path.endsWith('.ts') ? stripTypeScriptTypes(source) : source).replace(
    /(['"])((?:\.{1,2}|server)\/[^'"\n]*)(?<!\.d)\.ts\1/g,
    '$1$2.js$1',
  )

/** Without the path of this checkout, which Next notes and does not need. */
function copyBuild(root: string, target: string): void {
  const build = join(root, '.next')
  for (const path of filesBelow(build, '')) {
    if (NOT_SERVED.test(path)) continue
    const placed = join(target, '.next', path)
    mkdirSync(dirname(placed), { recursive: true })
    if (!/\.json$|^required-server-files\.js$/.test(path)) cpSync(join(build, path), placed)
    else writeFileSync(placed, readFileSync(join(build, path), 'utf8').replaceAll(root, '.'))
  }
}

type Json = Record<string, unknown>

function manifestOf(root: Json): Json {
  const { bin, dependencies, description, engines, license, name, overrides, type, version } = root
  return { name, version, description, private: true, license, type, engines, bin, dependencies, overrides }
}

/** Exactly the tested versions: `npm ci` in the unpacked package follows it. */
function lockOf(lock: Json): Json {
  const packages = Object.entries(lock['packages'] as Record<string, Json>)
    .filter(([, entry]) => entry['dev'] !== true)
    .map(([path, entry]) => {
      if (path !== '') return [path, entry]
      const { devDependencies: _, ...rest } = entry
      return [path, rest]
    })
  return { ...lock, packages: Object.fromEntries(packages) }
}

/** Paths below `folder` of `root`, relative to `root`. */
function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) return NOT_SERVED.test(path) ? [] : filesBelow(root, path)
    return entry.isFile() ? [path] : []
  })
}

const readJson = (path: string): Json => JSON.parse(readFileSync(path, 'utf8'))
const writeJson = (path: string, value: unknown): void =>
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
