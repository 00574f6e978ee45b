/** `npm run package`: the npm tarball, as `dist/tabseed-<version>.tgz`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildIfStale } from '../server/pages/build.ts'
import { stagePackage } from './package/stage.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')

/** Makes the tarball in `dist/`; its path. The pages are built when they are not current. */
export function makeTarball(): string {
  buildIfStale()
  const staged = join(DIST, 'package')
  rmSync(DIST, { recursive: true, force: true })
  mkdirSync(staged, { recursive: true })
  stagePackage(ROOT, staged)
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', DIST]
  const said = execFileSync('npm', args, {
    cwd: staged,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const packed: unknown = JSON.parse(said)
  const [{ filename }] = Object.values(packed as Record<string, { filename: string }>) as [
    { filename: string },
  ]
  rmSync(staged, { recursive: true })
  return join(DIST, filename)
}

if (import.meta.main) process.stdout.write(`${makeTarball()}\n`)
