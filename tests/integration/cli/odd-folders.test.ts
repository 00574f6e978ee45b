import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { runCli, startCli } from '../../support/clients/cli.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

/** `caf\xe9.txt`, a name of Latin-1. */
const LATIN1 = Buffer.from('caf\xe9.txt', 'latin1')

let server: TestApp
let folder: ReturnType<typeof tempFolder>
beforeAll(async () => {
  server = await startApp()
})
beforeEach(() => {
  folder = tempFolder()
  return () => folder[Symbol.dispose]()
})
afterAll(() => server?.[Symbol.asyncDispose]())

const at = (...path: string[]) => join(folder.path, ...path)
const tabseed = (...args: string[]) => runCli(folder.path, ...args)

/** Shares `path`; returns what it says until then, and the files of the share. */
async function share(path: string, ...options: string[]) {
  const child = startCli(folder.path, 'share', '--server', server.url, ...options, path)
  const link = await child.says(/(http[^"\s]+\/d\/\w{40})/)
  child.kill('SIGINT')
  const { stderr, stdout } = await child.ended
  const answer = await fetch(link.replace('/d/', '/api/shares/'))
  const { files } = (await answer.json()) as { files: { path: string }[] }
  return { stderr, stdout, files: files.map(file => file.path) }
}

test('verify and repair pass over a neighbour whose name is not UTF-8', async () => {
  writeTree(folder.path, { 'set/one.txt': 'one', 'set/two.bin': new Uint8Array(200_000) })
  expect((await tabseed('create', '-q', 'set')).code).toBe(0)
  writeFileSync(Buffer.concat([Buffer.from(at('set/')), LATIN1]), 'x')
  expect(await tabseed('verify', 'set', '-t', 'set.torrent')).toMatchObject({ code: 0 })
  expect(await tabseed('repair', 'set', '-t', 'set.torrent')).toMatchObject({ code: 0 })
})

test('get finds a copy whose names a Mac has decomposed, and leaves it as it is', async () => {
  writeTree(folder.path, {
    'B\u00fcro/\u00dcbersicht.txt': 'one',
    'B\u00fcro/two.bin': new Uint8Array(200_000),
  })
  expect((await tabseed('create', '-q', 'B\u00fcro')).code).toBe(0)
  renameSync(at('B\u00fcro'), at('Bu\u0308ro'))
  renameSync(at('Bu\u0308ro/\u00dcbersicht.txt'), at('Bu\u0308ro/U\u0308bersicht.txt'))
  expect(await tabseed('get', 'B\u00fcro.torrent')).toMatchObject({
    code: 0,
    stdout: `${at('Bu\u0308ro')}\n`,
  })
  expect(readdirSync(at('Bu\u0308ro')).sort()).toEqual(['U\u0308bersicht.txt', 'two.bin'])
  expect(existsSync(at('B\u00fcro'))).toBe(false)
})

test('share publishes no links, pipes and odd names of a folder, and names them', async () => {
  writeTree(folder.path, { 'set/a': 'a', 'secret/id_rsa': 'key' })
  symlinkSync('../secret', at('set/more'))
  symlinkSync('nowhere', at('set/.#lock'))
  writeFileSync(Buffer.concat([Buffer.from(at('set/')), LATIN1]), 'x')
  execFileSync('mkfifo', [at('set/pipe')])
  const told = await share('set')
  expect(told.files).toEqual(['a'])
  for (const name of ['more', '.#lock', 'caf\ufffd.txt', 'pipe'])
    expect(told.stderr).toContain(`${at('set', name)}: `)

  const { stdout } = await share('set', '--json')
  expect(JSON.parse(stdout.split('\n')[0] ?? '').leftOut).toHaveLength(4)
  expect((await share('set', '--follow-links')).files).toEqual(['a', 'more/id_rsa'])
})
