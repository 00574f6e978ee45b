/**
 * `npm run package:image`: an OCI image, as `dist/tabseed-<version>-oci.tar`. No daemon makes it: it needs root on Debian, with
 * mmdebstrap and umoci.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTarball } from './package.ts'

const ROOT = join(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')
const DEBIAN = 'bookworm'
/** What Node.js and our native modules need beyond the smallest Debian. */
const PACKAGES = ['ca-certificates', 'libstdc++6']
const NODE = '/opt/tabseed/node_modules/node/bin/node'
/** Who runs the server in a container. */
const USER = 1000

/** Programs that are not part of npm. */
const TOOLS = ['mmdebstrap', 'umoci', 'tar']

const run = (command: string, ...args: readonly string[]) =>
  execFileSync(command, args, { stdio: ['ignore', process.stderr, process.stderr] })

/** Makes the image in `dist/`; the path of its archive, an OCI layout in a tar file, with one image called `tabseed`. */
export function makeImage(): string {
  requireTools()
  const tarball = makeTarball()
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const work = mkdtempSync(join(tmpdir(), 'tabseed-image-'))
  try {
    const layout = join(work, 'layout')
    const image = `${layout}:tabseed`
    const bundle = join(work, 'bundle')
    run('umoci', 'init', '--layout', layout)
    run('umoci', 'new', '--image', image)
    run('umoci', 'unpack', '--image', image, bundle)
    fillRoot(join(bundle, 'rootfs'), tarball)
    run('umoci', 'repack', '--image', image, bundle)
    run('umoci', 'config', '--image', image, ...configOf(version))
    run('umoci', 'gc', '--layout', layout)
    const archive = join(DIST, `tabseed-${version}-oci.tar`)
    run('tar', 'cf', archive, '-C', layout, '.')
    return archive
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Errors: what is missing, and how to get it. */
function requireTools(): void {
  const missing = TOOLS.filter(tool => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error)
  if (missing.length > 0) {
    throw new Error(`${missing.join(', ')} is needed (Debian: apt-get install ${missing.join(' ')})`)
  }
  if (process.getuid?.() !== 0) throw new Error('only root can set up the files of an image')
}

function fillRoot(root: string, tarball: string): void {
  run('mmdebstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`, DEBIAN, `${root}.tar`)
  run('tar', 'xf', `${root}.tar`, '-C', root, '--exclude=./dev/*')
  rmSync(`${root}.tar`)
  const app = join(root, 'opt/tabseed')
  mkdirSync(app, { recursive: true })
  run('tar', 'xzf', tarball, '-C', app, '--strip-components=1', '--no-same-owner')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: app,
    stdio: ['ignore', process.stderr, process.stderr],
  })
  symlinkSync('/opt/tabseed/server/cli/tabseed.js', join(root, 'usr/local/bin/tabseed'))
  const data = join(root, 'data')
  mkdirSync(data, { mode: 0o700 })
  chownSync(data, USER, USER)
}

/** Read-only but for its one volume; it listens where a container's port can be published. */
function configOf(version: string): readonly string[] {
  const environment = {
    TABSEED_DATA: '/data',
    TABSEED_HOST: '0.0.0.0',
    HOME: '/data',
    PATH: '/opt/tabseed/node_modules/node/bin:/usr/local/bin:/usr/bin:/bin',
    NODE_ENV: 'production',
  }
  return [
    `--config.user=${USER}:${USER}`,
    '--config.workingdir=/data',
    '--config.volume=/data',
    '--config.exposedports=3000/tcp',
    `--config.entrypoint=${NODE}`,
    '--config.entrypoint=/opt/tabseed/server/cli/tabseed.js',
    '--config.cmd=serve',
    '--config.stopsignal=SIGTERM',
    `--config.label=org.opencontainers.image.version=${version}`,
    '--config.label=org.opencontainers.image.title=Tabseed',
    ...Object.entries(environment).map(([name, value]) => `--config.env=${name}=${value}`),
  ]
}

if (import.meta.main) {
  try {
    process.stdout.write(`${makeImage()}\n`)
  } catch (reason) {
    process.stderr.write(`${reason instanceof Error ? reason.message : reason}\n`)
    process.exitCode = 1
  }
}
