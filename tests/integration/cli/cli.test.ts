import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli, startCli } from '../../support/clients/cli.ts'
import { noise, sha256File, sha256Tree, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

let server: TestApp
const folder = tempFolder()

beforeAll(async () => {
  server = await startApp({ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' })
  writeTree(folder.path, {
    'one.bin': noise(20_000_000, 51),
    'set/a.txt': 'a',
    'set/empty': '',
    'set/deep/ünïcode – b.bin': noise(700_000, 52),
  })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const start = (...args: string[]) => startCli(folder.path, ...args)
const tabseed = (...args: string[]) => runCli(folder.path, ...args)

/** A running `tabseed share`, once it has printed its link. */
async function share(path: string) {
  const child = start('share', '--server', server.url, path)
  return {
    link: await child.says(/^(http.+)\n/),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT')
      await child.ended
    },
  }
}

describe('share and get', () => {
  test('carry a folder from one shell to another', async () => {
    await using shared = await share('set')
    const { code, stdout } = await tabseed('get', '-o', 'got', shared.link)
    expect(code).toBe(0)
    expect(stdout.trim()).toBe(join(folder.path, 'got/set'))
    expect(sha256Tree(join(folder.path, 'got/set'))).toEqual(sha256Tree(join(folder.path, 'set')))
    expect(existsSync(join(folder.path, 'got/set/.tabseed'))).toBe(false)
  })

  test('go on where a get was interrupted', { tags: 'long' }, async () => {
    await using shared = await share('one.bin')
    const first = start('get', '--json', '-o', 'slow', '--download-limit', '2MB', shared.link)
    await first.reached(4_000_000)
    first.kill('SIGINT')
    expect((await first.ended).code).toBe(130)
    expect(existsSync(join(folder.path, 'slow/one.bin'))).toBe(false)
    expect((await tabseed('get', '-o', 'slow', shared.link)).code).toBe(0)
    expect(sha256File(join(folder.path, 'slow/one.bin'))).toBe(sha256File(join(folder.path, 'one.bin')))
  })

  test('hand over to the server, which then has it all', async () => {
    writeTree(folder.path, { 'kept.bin': noise(5_000_000, 53) })
    const { code, stderr, stdout } = await tabseed(
      'share',
      '--keep-alive',
      '--server',
      server.url,
      'kept.bin',
    )
    expect(code).toBe(0)
    // The last block need not be counted: the server may say that it has everything before its wire is heard of again.
    expect(stderr).toMatch(/sent [45](\.\d)? MB/)
    expect((await tabseed('get', '-o', 'from-server', stdout.trim())).code).toBe(0)
    expect(sha256File(join(folder.path, 'from-server/kept.bin'))).toBe(
      sha256File(join(folder.path, 'kept.bin')),
    )
  })

  test('stop with code 3 when nobody has it', async () => {
    writeTree(folder.path, { 'lone.bin': noise(100_000, 54) })
    const shared = await share('lone.bin')
    await shared[Symbol.asyncDispose]()
    const { code } = await tabseed('get', '--idle-timeout', '2', '-o', 'nobody', shared.link)
    expect(code).toBe(3)
  })
})
