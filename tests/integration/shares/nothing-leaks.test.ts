import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { parseLinkKey } from '../../../lib/encryption/link-key.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { findInMemory } from '../../support/server/process-memory.ts'
import { recordTraffic } from '../../support/server/recording-proxy.ts'

const FOLDER = 'quillfeather-journey'
const FILE = 'marzipanlighthouse.txt'
const TITLE = 'thistledown reunion'

/** Any 27 consecutive bytes of the content have it whole: of 16 bytes it is 12, the rest a number. */
const MARK = 'wobblegrumph'
const content = Array.from(
  { length: 40_000 },
  (_, at) => `${MARK}${String(at % 10_000).padStart(4, '0')}`,
).join('')

const script = join(import.meta.dirname, '../../support/server/app-script.ts')

/** All bytes of all files below `path`. */
const bytesBelow = (path: string): Buffer =>
  Buffer.concat(
    readdirSync(path, { withFileTypes: true, recursive: true })
      .filter(entry => entry.isFile())
      .map(entry =>
        Buffer.concat([Buffer.from(entry.name), readFileSync(join(entry.parentPath, entry.name))]),
      ),
  )

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)

test.skipIf(process.platform !== 'linux')(
  'neither database, log, memory, copy nor traffic of a server has a name, the title, the key or 32 bytes of an encrypted share',
  async () => {
    using folder = tempFolder()
    const data = join(folder.path, 'data')
    writeTree(folder.path, { [`${FOLDER}/${FILE}`]: content })
    const server = spawn(process.execPath, [script], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder.path,
        NODE_ENV: 'test',
        TABSEED_PORT: '0',
        TABSEED_DATA: data,
        TABSEED_SEEDER: 'on',
        TABSEED_SEEDER_PORT: '0',
        TABSEED_LOG_LEVEL: 'debug',
      } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let log = ''
    server.stderr.setEncoding('utf8').on('data', text => {
      log += text
    })
    const ended = once(server, 'exit')
    try {
      const [url] = await Promise.race([
        once(createInterface(server.stdout), 'line'),
        ended.then(() => Promise.reject(new Error(log))),
      ])
      using proxy = await recordTraffic(String(url))
      const tabseed = (...args: string[]) =>
        startCommand(folder.path, [process.execPath, LAUNCHER, ...args], {
          XDG_STATE_HOME: join(folder.path, 'state'),
          TABSEED_SERVER: proxy.url,
        }).ended
      const shared = await tabseed('share', '--private', '--title', TITLE, '--keep-alive', FOLDER)
      expect(shared.code, shared.stderr).toBe(0)
      const link = shared.stdout.trim()
      const [page = '', key = ''] = link.split('#')
      const infoHash = page.slice(-40)
      for (const path of [
        `/oembed?url=${page}`,
        `/badge/${infoHash}.svg`,
        `/embed/${infoHash}`,
        '/api/status',
      ]) {
        await (await fetch(`${proxy.url}${path}`)).arrayBuffer()
      }
      const got = await tabseed('get', link, '-o', 'got', '--idle-timeout', '60')
      expect(got.code, got.stderr).toBe(0)
      expect(readFileSync(join(folder.path, 'got', FOLDER, FILE), 'utf8')).toBe(content)

      const secrets = new Map([
        ...[FOLDER, FILE, TITLE, MARK, key].map(text => [text, Buffer.from(text)] as const),
        ...[FOLDER, FILE, TITLE].map(text => [`${text} in UTF-16`, Buffer.from(text, 'utf16le')] as const),
        ['secret', Buffer.from(parseLinkKey(key).secret)],
        // What must be found, or nothing was looked at.
        ['info hash', Buffer.from(infoHash)],
      ])
      const within = (bytes: Buffer) =>
        [...secrets].filter(([, needle]) => bytes.includes(needle)).map(([name]) => name)
      expect(within(Buffer.from(log))).toEqual(['info hash'])
      expect(within(proxy.bytes())).toEqual(['info hash'])
      const [seeder = 0] = childrenOf(server.pid ?? 0)
      for (const pid of [server.pid ?? 0, seeder]) expect(findInMemory(pid, secrets)).toEqual(['info hash'])
      expect(within(bytesBelow(data))).toEqual(['info hash'])
      // The same search finds all that is in the publisher's own folder.
      expect(within(bytesBelow(join(folder.path, FOLDER)))).toEqual([FILE, MARK])
    } finally {
      server.kill('SIGTERM')
      await ended
    }
  },
  180_000,
)
