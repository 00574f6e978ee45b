import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aria2Download } from '../../support/clients/classic.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { onTerminal } from '../../support/clients/terminal.ts'
import { noise, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const FILES = {
  'Rome 2026/a/größe 😀.bin': noise(2_500_001, 1),
  'Rome 2026/empty': '',
  'Rome 2026/notes.txt': 'what only you may read\n'.repeat(50),
  'Rome 2026/run.sh': '#!/bin/sh\n',
}

let server: TestApp
const folder = tempFolder()
const at = (path: string) => join(folder.path, path)

beforeAll(async () => {
  server = await startApp({ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' })
  writeTree(folder.path, FILES)
  writeFileSync(at('password'), 'Grüße aus Rom\nnot this line\n')
  writeFileSync(at('wrong'), 'Grüsse aus Rom\n')
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** `tabseed` with a file as its stdin. */
const tabseedWith = (stdin: string, ...args: string[]) =>
  startCommand(folder.path, ['sh', '-c', `exec "$0" "$@" < ${stdin}`, process.execPath, LAUNCHER, ...args], {
    XDG_STATE_HOME: at('state'),
    TABSEED_SERVER: server.url,
  }).ended
const tabseed = (...args: string[]) => tabseedWith('/dev/null', ...args)

function expectFiles(top: string) {
  for (const [path, bytes] of Object.entries(FILES)) {
    expect(readFileSync(join(top, path)).equals(Buffer.from(bytes)), path).toBe(true)
  }
}

test('a private share: the link opens it, in get, show, verify and repair; aria2c carries it, and decrypt opens that', async () => {
  const shared = await tabseed('share', '--private', '--title', 'Our days', '--keep-alive', 'Rome 2026')
  expect(shared.code, shared.stderr).toBe(0)
  const link = shared.stdout.trim()
  const [page = '', key = ''] = link.split('#')
  expect(link).toMatch(/\/d\/[0-9a-f]{40}#[\w-]{50}$/)
  expect(shared.stderr).not.toContain(key)
  const share = await (await fetch(`${server.url}/api/shares/${page.slice(-40)}`)).json()
  expect(share).toMatchObject({ encrypted: true, title: '', listed: false })
  expect(JSON.stringify(share)).not.toContain('Rome')

  const got = await tabseed('get', `"${link}"`, '-o', 'got', '--idle-timeout', '60')
  expect(got.code, got.stderr).toBe(0)
  expectFiles(at('got'))
  expect(readdirSync(at('got'))).toEqual(['Rome 2026'])
  expect(got.stdout + got.stderr).not.toContain(key)

  const shown = await tabseed('show', link)
  expect(shown.stdout).toContain('a/größe 😀.bin')
  expect(shown.stdout).toContain('Our days')
  expect(shown.stdout).not.toContain(key)
  const outside = await tabseed('show', page)
  expect(outside.stdout).toMatch(/encrypted +yes/)
  expect(outside.stdout).not.toMatch(/Rome|größe|Our days/)

  const whole = await tabseed('verify', 'got/Rome 2026', '-t', link)
  expect(whole.code, whole.stdout + whole.stderr).toBe(0)
  const damaged = readFileSync(at('got/Rome 2026/a/größe 😀.bin'))
  damaged[1_234_567] = (damaged[1_234_567] ?? 0) ^ 255
  writeFileSync(at('got/Rome 2026/a/größe 😀.bin'), damaged)
  const bad = await tabseed('verify', 'got/Rome 2026', '-t', link)
  expect(bad.code).toBe(1)
  expect(bad.stdout).toMatch(/damaged +a\/größe/)
  const repaired = await tabseed('repair', 'got/Rome 2026', '-t', link, '--idle-timeout', '60')
  expect(repaired.code, repaired.stdout + repaired.stderr).toBe(0)
  expectFiles(at('got'))

  mkdirSync(at('classic'))
  await aria2Download(`${server.url}/t/${page.slice(-40)}.torrent`, at('classic'))
  const cipher = readdirSync(at('classic')).find(name => name.endsWith('.tabseed')) ?? ''
  const opened = await tabseed('decrypt', `classic/${cipher}`, '--key', link, '-o', 'opened')
  expect(opened.code, opened.stderr).toBe(0)
  expectFiles(at('opened'))
  expect(readdirSync(at('opened'))).toEqual(['Rome 2026'])
  // What is there stays as it is.
  const again = await tabseed('decrypt', `classic/${cipher}`, '--key', key, '-o', 'opened')
  expect(again).toMatchObject({ code: 1, stdout: '' })

  // A changed byte: nothing at all is saved.
  const bytes = readFileSync(at(`classic/${cipher}`))
  bytes[40_000] = (bytes[40_000] ?? 0) ^ 1
  writeFileSync(at('changed.tabseed'), bytes)
  const forged = await tabseed('decrypt', 'changed.tabseed', '--key', key, '-o', 'forged', '--json')
  expect(forged.code).toBe(1)
  expect(forged.stderr + forged.stdout).toContain('content_forged')
  expect(readdirSync(at('forged'))).toEqual([])
}, 180_000)

test('refuses what is missing or wrong, each with its own error, and writes nothing', {
  tags: 'long',
  timeout: 180_000,
}, async () => {
  const shared = await tabseedWith(
    'password',
    'share',
    '--private',
    '--password-stdin',
    '-k',
    'Rome 2026/notes.txt',
  )
  expect(shared.code, shared.stderr).toBe(0)
  const link = shared.stdout.trim()
  expect(link).toMatch(/#[\w-]{80}$/)
  const [page = ''] = link.split('#')
  const other = 'AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fxKKBWQ'
  const cases = [
    ['key_missing', '/dev/null', page],
    ['key_wrong', '/dev/null', link.slice(0, -1)],
    ['key_wrong', '/dev/null', `${page}#${other}`],
    ['password_wrong', 'wrong', link],
  ] as const
  for (const [code, stdin, source] of cases) {
    const options = stdin === 'wrong' ? ['--password-stdin'] : []
    const ended = await tabseedWith(
      stdin,
      'get',
      source,
      '-o',
      'none',
      '--json',
      '--idle-timeout',
      '60',
      ...options,
    )
    expect(ended.code, ended.stderr).toBe(1)
    expect(ended.stdout + ended.stderr).toContain(`"${code}"`)
  }
  const unasked = await tabseed('get', link, '-o', 'none')
  expect(unasked.code).toBe(2)
  expect(unasked.stderr).toContain('--password-stdin')
  expect(() => readdirSync(at('none'))).toThrow('ENOENT')

  const got = await tabseedWith(
    'password',
    'get',
    link,
    '-o',
    'one',
    '--password-stdin',
    '--idle-timeout',
    '60',
  )
  expect(got.code, got.stderr).toBe(0)
  expect(readFileSync(at('one/notes.txt'), 'utf8')).toBe(FILES['Rome 2026/notes.txt'])
  const listed = await tabseed('share', '--private', '--listed', 'Rome 2026')
  expect(listed.code).toBe(2)
})

test('asks for the password on a terminal, without showing it', {
  tags: 'long',
  timeout: 180_000,
}, async () => {
  const options = ['--private', '--password-stdin', '-k', 'Rome 2026/notes.txt']
  const link = (await tabseedWith('password', 'share', ...options)).stdout.trim()
  const type = (keys: string) => onTerminal(folder.path, { prompt: 'password: ', keys }, 'show', link)
  const shown = await type('Grüße aus Rom\r')
  expect(shown.code, shown.shown).toBe(0)
  expect(shown.shown).toContain('notes.txt')
  expect(shown.shown).not.toContain('aus Rom')
  const wrong = await type('Grüsse\r')
  expect(wrong.code).toBe(1)
  expect(wrong.shown).toContain('not the password')
  for (const key of ['\u0003', '\u0004']) {
    const cancelled = await type(key)
    expect(cancelled.code, cancelled.shown).toBe(130)
    expect(cancelled.shown).not.toContain('Error')
  }
})
