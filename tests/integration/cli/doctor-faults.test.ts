import { copyFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { examine } from '../../../server/cli/doctor/doctor.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

let server: TestApp
const folder = tempFolder()
beforeAll(async () => {
  server = await startApp()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

type Spoil = (request: IncomingMessage, response: ServerResponse) => boolean

/** A proxy in front of the server that passes everything on but what `spoil` takes; WebSockets unless `upgrades` is false. */
async function behind(spoil: Spoil, upgrades = true) {
  const upstream = new URL(server.url)
  /** Headers that its answers get. */
  const headers = new Map<string, string>()
  const proxy = createServer((incoming, response) => {
    if (spoil(incoming, response)) return
    const { method, url: path } = incoming
    const outgoing = request({
      host: upstream.hostname,
      port: upstream.port,
      headers: incoming.headers,
      method,
      path,
    })
    outgoing.on('response', answer => {
      response.writeHead(answer.statusCode ?? 0, { ...answer.headers, ...Object.fromEntries(headers) })
      answer.pipe(response)
    })
    incoming.pipe(outgoing)
  })
  proxy.on('upgrade', (incoming, socket) => {
    if (!upgrades) {
      socket.destroy()
      return
    }
    const further = connect(Number(upstream.port), upstream.hostname)
    const lines = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${value}`)
    further.write(`GET ${incoming.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    socket.pipe(further).pipe(socket)
    for (const end of [socket, further]) end.on('error', () => end.destroy())
  })
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    headers,
    [Symbol.dispose]: () => {
      proxy.closeAllConnections()
      proxy.close()
    },
  }
}

/** What the doctor finds amiss, by the name of the check; port 0 and a new data directory are always well. */
async function amiss(url: string): Promise<Record<string, string>> {
  const findings = await examine(['--port', '0', '--data', join(folder.path, 'data')], url)
  return Object.fromEntries(
    findings
      .filter(({ level, name }) => level !== 'ok' && name !== 'pages')
      .map(({ advice, level, name, text }) => [name, `${level} ${text}. ${advice}`]),
  )
}

const nothing: Spoil = () => false

/** Drops the connection of a request whose path matches. */
const drop =
  (path: RegExp): Spoil =>
  incoming => {
    const isMatch = path.test(incoming.url ?? '')
    if (isMatch) incoming.destroy()
    return isMatch
  }

describe('behind a proxy', () => {
  test('that leaves nothing out, nothing is amiss', async () => {
    using proxy = await behind(nothing)
    expect(await amiss(proxy.url)).toEqual({})
  })

  test.each([
    ['tracker (HTTP)', /^\/announce/, 'fail does not answer as it should. A proxy in front'],
    ['API', /^\/api/, 'fail does not answer as it should. A proxy in front must pass /api on'],
    ['server', /^\/healthz/, 'fail http://127.0.0.1:'],
  ] as const)('without what "%s" needs, that is named and nothing else', async (name, path, text) => {
    using proxy = await behind(drop(path))
    expect(await amiss(proxy.url)).toEqual({ [name]: expect.stringContaining(text) })
  })

  test('without WebSockets', async () => {
    using proxy = await behind(nothing, false)
    expect(await amiss(proxy.url)).toEqual({
      'tracker (WebSocket)': expect.stringContaining(
        'fail does not open. Browsers find each other through it',
      ),
    })
  })

  test.each([
    [-3_600_000, '3600 s behind'],
    [7_200_000, '7200 s ahead of'],
  ])('whose clock is %i ms off', async (offset, text) => {
    using proxy = await behind(nothing)
    proxy.headers.set('date', new Date(Date.now() + offset).toUTCString())
    const found = await amiss(proxy.url)
    expect(Object.keys(found)).toEqual(['server clock'])
    const seconds = Number(/\d+/.exec(found['server clock'] ?? '')?.[0])
    expect(Math.abs(seconds - Math.abs(offset) / 1000)).toBeLessThan(10)
    expect(found['server clock']).toContain(text.replace(/^\d+ /, ''))
    expect(found['server clock']).toContain('NTP')
  })

  test('that names no clock', async () => {
    using proxy = await behind((_, response) => {
      response.sendDate = false
      return false
    })
    proxy.headers.set('date', '')
    expect(await amiss(proxy.url)).toEqual({ 'server clock': expect.stringContaining('warn not known') })
  })
})

test('a server that takes connections and says nothing is given up on', async () => {
  const silent = createTcpServer(() => {}).listen(0, '127.0.0.1')
  await new Promise(resolve => silent.once('listening', resolve))
  const { port } = silent.address() as AddressInfo
  expect(await amiss(`http://127.0.0.1:${port}`)).toEqual({
    server: `fail http://127.0.0.1:${port} does not answer. Check the address, and that the server is running.`,
  })
  silent.close()
}, 20_000)

/** What `tabseed doctor` says of `check` and how it ends, where `mounts`, a shell script, changed what this machine has. */
async function whereMounted(check: string, mounts: string, ...args: string[]) {
  const doctor = [process.execPath, LAUNCHER, 'doctor', '--json', '--port', '0', ...args]
  const script = `set -e; ${mounts}; exec "$@"`
  const { ended } = startCommand(folder.path, ['unshare', '--mount', 'sh', '-c', script, 'sh', ...doctor])
  const { code, stdout } = await ended
  const { checks } = JSON.parse(stdout)
  return { code, ...checks.find(({ name }: { name: string }) => name === check) }
}

describe('the disk', () => {
  const disk = join(folder.path, 'disk')
  /** With its data on a file system of its own, mounted with `options`. */
  const onDisk = (check: string, options: string, ...args: string[]) =>
    whereMounted(
      check,
      `mkdir -p ${disk}; mount -t tmpfs -o ${options} none ${disk}`,
      '--data',
      join(disk, 'data'),
      ...args,
    )

  test('that is nearly full is named, with the step', async () => {
    expect(await onDisk('disk', 'size=20m')).toMatchObject({
      code: 1,
      level: 'fail',
      advice: 'Free some space.',
    })
  })

  test('that has less than the seeder may take is a warning', async () => {
    expect(await onDisk('disk', 'size=200m', '--seeder', 'on', '--seeder-port', '0')).toMatchObject({
      code: 0,
      level: 'warn',
      text: expect.stringContaining("less than the seeder's budget of 20 GB"),
    })
    expect(await onDisk('disk', 'size=200m')).toMatchObject({ code: 0, level: 'ok' })
  })

  test('that is read-only is no place for data', async () => {
    expect(await onDisk('data directory', 'ro')).toMatchObject({
      code: 1,
      level: 'fail',
      advice: expect.stringContaining('TABSEED_DATA'),
    })
  })
})

describe('this machine', () => {
  const root = join(import.meta.dirname, '../../..')
  const nowhere = join(folder.path, 'nowhere')

  test('with a Node.js that is not the tested one', async () => {
    const file = `${root}/node_modules/node/package.json`
    const other = join(folder.path, 'other.json')
    writeFileSync(other, readFileSync(file, 'utf8').replace(/"version": *"[^"]*"/, '"version":"99.0.0"'))
    expect(await whereMounted('Node.js', `mount --bind ${other} ${file}`, '--data', nowhere)).toMatchObject({
      code: 0,
      level: 'warn',
      text: `this is ${process.versions.node}, tested is 99.0.0`,
      advice: expect.stringContaining('npm ci'),
    })
  })

  test('without built pages', async () => {
    expect(await whereMounted('pages', `mount -t tmpfs none ${root}/.next`, '--data', nowhere)).toMatchObject(
      {
        code: 0,
        level: 'warn',
        text: 'there is no build yet',
        advice: expect.stringContaining('npm run build'),
      },
    )
  })

  test('whose clock was never set', async () => {
    // Older than these files, which is the same as these being newer.
    const file = `${root}/package.json`
    const newer = join(folder.path, 'newer.json')
    copyFileSync(file, newer)
    utimesSync(newer, new Date('2099-01-01'), new Date('2099-01-01'))
    expect(await whereMounted('clock', `mount --bind ${newer} ${file}`, '--data', nowhere)).toMatchObject({
      code: 0,
      level: 'warn',
      text: expect.stringContaining('before these files were made'),
      advice: expect.stringContaining('NTP'),
    })
  })

  test('where something else has the port of the seeder', async () => {
    const other = createTcpServer(() => {}).listen(0, '127.0.0.1')
    await new Promise(resolve => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const settings = ['--host', '127.0.0.1', '--seeder', 'on', '--seeder-port', String(port)]
    const findings = await examine(['--port', '0', '--data', nowhere, ...settings], undefined)
    expect(findings.find(({ name }) => name === 'seeder port')).toEqual({
      name: 'seeder port',
      level: 'warn',
      text: `${port} is taken`,
      advice: expect.stringContaining('TABSEED_SEEDER_PORT'),
    })
    other.close()
  })
})
