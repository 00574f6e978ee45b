import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SETTINGS } from '../../../server/config/config.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { startServer } from '../../support/server/test-server.ts'

const EXAMPLES = join(import.meta.dirname, '../../../docs/examples')
const unit = readFileSync(join(EXAMPLES, 'tabseed.service'), 'utf8')

/** Prints each datagram that arrives at a socket of the Unix family, which Node.js cannot open. */
const RECEIVER = `
import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(server.recv(4096).decode(), flush=True)
`

test('systemd is told when the server is ready, and when it stops', async () => {
  using folder = tempFolder()
  const socket = join(folder.path, 'notify')
  const receiver = spawn('python3', ['-c', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    let told = ''
    receiver.stdout.on('data', chunk => {
      told += chunk
    })
    await once(receiver.stdout, 'data')
    await using server = await startServer([], { NOTIFY_SOCKET: socket })
    await expect.poll(() => told, { timeout: 10_000 }).toMatch(/^READY=1$/m)
    expect(told).not.toContain('STOPPING')
    expect(await server.stop()).toBe(0)
    await expect.poll(() => told, { timeout: 10_000 }).toMatch(/^STOPPING=1$/m)
  } finally {
    receiver.kill()
  }
})

test('the unit of the documentation is exposed little, and sets only what there is', () => {
  const report = execFileSync(
    'systemd-analyze',
    ['security', '--offline=true', '--no-pager', join(EXAMPLES, 'tabseed.service')],
    { encoding: 'utf8' },
  )
  const [, exposure = ''] = /Overall exposure level for tabseed\.service: ([\d.]+)/.exec(report) ?? []
  expect(Number(exposure)).toBeGreaterThan(0)
  expect(Number(exposure)).toBeLessThanOrEqual(2)

  const known = new Set(SETTINGS.flatMap(({ env, secret }) => (secret ? [env, `${env}_FILE`] : [env])))
  const used = [...unit.matchAll(/^#?Environment=(TABSEED_\w+)=/gm)].map(([, name = '']) => name)
  expect(used.length).toBeGreaterThan(4)
  expect(used.filter(name => !known.has(name))).toEqual([])
})

test('logrotate with the example empties a log that is open, and loses no line', () => {
  using folder = tempFolder()
  const log = join(folder.path, 'tabseed.log')
  const config = readFileSync(join(EXAMPLES, 'logrotate.conf'), 'utf8')
  writeFileSync(join(folder.path, 'logrotate.conf'), config.replaceAll('/var/log/tabseed/tabseed.log', log), {
    mode: 0o600,
  })
  const rotate = () =>
    execFileSync('logrotate', [
      '--force',
      '--state',
      join(folder.path, 'state'),
      join(folder.path, 'logrotate.conf'),
    ])
  appendFileSync(log, 'first\n')
  rotate()
  appendFileSync(log, 'second\n')
  expect(readFileSync(log, 'utf8')).toBe('second\n')
  expect(readFileSync(`${log}.1`, 'utf8')).toBe('first\n')
  rotate()
  expect(readdirSync(folder.path)).toContain('tabseed.log.2.gz')
})
