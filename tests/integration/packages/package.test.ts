import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTarball } from '../../../scripts/package.ts'
import { startCommand } from '../../support/clients/cli.ts'
import { noise, tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'

const ROOT = join(import.meta.dirname, '../../..')
const folder = tempFolder()
const at = (name: string) => join(folder.path, name)

beforeAll(() => {
  const tarball = makeTarball()
  execFileSync('tar', ['xzf', tarball, '-C', folder.path])
  // What `npm ci` puts there is what it put here: both follow the same lock file.
  symlinkSync(join(ROOT, 'node_modules'), at('package/node_modules'))
})
afterAll(() => folder[Symbol.dispose]())

const tabseed = (...args: string[]) =>
  startCommand(folder.path, [at('package/server/cli/tabseed.js'), ...args])

/** A server of the package on the data directory `data`. */
async function serve() {
  const process = tabseed(
    'serve',
    '--port',
    '0',
    '--data',
    at('data'),
    '--seeder',
    'on',
    '--seeder-port',
    '0',
  )
  const url = await process.says(/^Tabseed is at (\S+)$/m)
  const stop = async () => {
    process.kill('SIGTERM')
    return process.ended
  }
  return { url, stop }
}

test('the package has all that a server needs and no source, and lists the versions that were tested', () => {
  const files = readdirSync(at('package'), { recursive: true, encoding: 'utf8' }).filter(
    path => !/^(?:node_modules|\.next\/static\/media)(?:\/|$)/.test(path),
  )
  expect(files.filter(path => /\.tsx?$/.test(path)).sort()).toEqual([
    'lib/embed/types.d.ts',
    'lib/i18n/request.ts',
  ])
  const inBuild = files.filter(path => /^\.next\/.*\.(?:js|json)$/.test(path))
  expect(inBuild.length).toBeGreaterThan(50)
  expect(inBuild.filter(path => readFileSync(at(`package/${path}`), 'utf8').includes(ROOT))).toEqual([])
  const lock = JSON.parse(readFileSync(at('package/npm-shrinkwrap.json'), 'utf8'))
  const { dependencies } = JSON.parse(readFileSync(at('package/package.json'), 'utf8'))
  expect(lock.packages[''].dependencies).toEqual(dependencies)
  expect(lock.packages['node_modules/node'].version).toBe(dependencies.node)
  expect(Object.values<{ dev?: boolean }>(lock.packages).filter(({ dev }) => dev)).toEqual([])
})

test('a server of the package has pages, scripts, widget, workers and seeder, and is backed up, restarted and restored', async () => {
  const server = await serve()
  const statusOf = async (path: string) => (await fetch(server.url + path)).status
  const page = await (await fetch(server.url)).text()
  const [, script = ''] = /src="(\/_next\/static\/[^"]+\.js)/.exec(page) ?? []
  for (const path of [script, '/sw.js', '/embed.js', '/embed.d.ts', '/library', '/readyz']) {
    expect(await statusOf(path), path).toBe(200)
  }
  const { infoHash } = await publishNamed(server.url, 'of a package')
  expect(await (await fetch(`${server.url}/d/${infoHash}`)).text()).toContain('of a package')
  await expect
    .poll(async () => (await fetch(`${server.url}/metrics`)).text(), { timeout: 20_000 })
    .toContain('tabseed_seeder_up 1')

  writeFileSync(at('content.bin'), noise(3_000_000, 7))
  const created = await tabseed('create', '-a', `${server.url}/announce`, 'content.bin').ended
  expect([created.code, readdirSync(folder.path).includes('content.bin.torrent')]).toEqual([0, true])
  expect((await tabseed('backup', '--data', at('data'), 'b.tar').ended).code).toBe(0)
  expect((await server.stop()).code).toBe(0)

  const again = await serve()
  expect((await fetch(`${again.url}/d/${infoHash}`)).status).toBe(200)
  expect((await again.stop()).code).toBe(0)
  const restored = await tabseed('restore', '--data', at('data'), 'b.tar').ended
  expect([restored.code, restored.stderr]).toEqual([0, ''])
  const third = await serve()
  expect((await fetch(`${third.url}/d/${infoHash}`)).status).toBe(200)
  expect((await third.stop()).code).toBe(0)
}, 120_000)

test('--dev, which needs the sources, is refused', async () => {
  const { code, stderr } = await tabseed('serve', '--dev').ended
  expect([code, stderr]).toEqual([2, expect.stringContaining('--dev needs a checkout')])
})
