import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { noise, sha256File, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

let server: TestApp
const folder = tempFolder()
const at = (...path: string[]) => join(folder.path, ...path)
/** A share that the server has wholly: it needs no peer. */
let held: { readonly infoHash: string }

beforeAll(async () => {
  server = await startApp({ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' })
  writeTree(folder.path, { 'one.bin': noise(3_000_000, 5) })
  const { code, stderr, stdout } = await start({}, 'share', '-s', server.url, '-k', '--json', 'one.bin').ended
  expect(code, stderr).toBe(0)
  held = JSON.parse(stdout)
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const start = (env: Record<string, string>, ...args: string[]) =>
  startCommand(folder.path, [process.execPath, LAUNCHER, ...args], env)

interface Listening extends AsyncDisposable {
  readonly port: number
  /** What it was asked. */
  readonly asked: readonly string[]
}

async function listen(server: Server, asked: readonly string[]): Promise<Listening> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Answers everything with a redirect to the same path at `target`. */
function redirector(target: string, status: number): Promise<Listening> {
  const asked: string[] = []
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    response.writeHead(status, { location: `${target}${incoming.url}` }).end()
  })
  return listen(server, asked)
}

/** An HTTP proxy that alone knows where `inside.invalid` is. */
function proxy(): Promise<Listening> {
  const asked: string[] = []
  const resolve = (host: string) => (host === 'inside.invalid' ? '127.0.0.1' : host)
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    const { hostname, pathname, port, search } = new URL(incoming.url ?? '')
    const { headers, method = 'GET' } = incoming
    const next = request(
      { host: resolve(hostname), port, path: pathname + search, method, headers },
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    next.on('error', () => response.destroy())
    incoming.pipe(next)
  })
  server.on('connect', (incoming, client, head) => {
    asked.push(`CONNECT ${incoming.url}`)
    const [host = '', port] = (incoming.url ?? '').split(':')
    const next = connect(Number(port), resolve(host), () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      next.write(head)
      next.pipe(client)
      client.pipe(next)
    })
    next.on('error', () => client.destroy())
    client.on('error', () => next.destroy())
  })
  return listen(server, asked)
}

describe('a server that has moved', () => {
  test.each([301, 302, 307, 308])('with %i is followed by get, share, edit and unshare', async status => {
    await using moved = await redirector(server.url, status)
    const origin = `http://127.0.0.1:${moved.port}`
    const got = await start(
      {},
      'get',
      '--idle-timeout',
      '20',
      '-o',
      `got-${status}`,
      `${origin}/d/${held.infoHash}`,
    ).ended
    expect(got.code, got.stderr).toBe(0)
    expect(sha256File(at(`got-${status}`, 'one.bin'))).toBe(sha256File(at('one.bin')))

    writeTree(folder.path, { [`new-${status}.bin`]: noise(50_000, status) })
    const shared = await start({}, 'share', '-s', origin, '-k', '--json', `new-${status}.bin`).ended
    expect(shared.code, shared.stderr).toBe(0)
    const { infoHash, link } = JSON.parse(shared.stdout)
    expect(link).toBe(`${server.url}/d/${infoHash}`)
    const edited = await start({}, 'edit', `${origin}/d/${infoHash}`, '--title', 'moved').ended
    expect(edited.code, edited.stderr).toBe(0)
    expect(await (await fetch(`${server.url}/api/shares/${infoHash}`)).json()).toMatchObject({
      title: 'moved',
    })
    expect((await start({}, 'unshare', `${origin}/d/${infoHash}`).ended).code).toBe(0)
    expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(404)
  })

  test('in a circle ends with one line', async () => {
    const asked: string[] = []
    await using circle = await listen(
      createServer(({ url }, response) => response.writeHead(302, { location: `${url}` }).end()),
      asked,
    )
    const { code, stderr } = await start({}, 'share', '-s', `http://127.0.0.1:${circle.port}`, 'one.bin')
      .ended
    expect(code).toBe(1)
    expect(stderr).toMatch(/tabseed: The server cannot be reached[^\n]*redirect[^\n]*\n$/)
  })
})

describe('a proxy of the environment', () => {
  test.each(['http_proxy', 'HTTP_PROXY'])('%s leads to what only it knows', async name => {
    await using through = await proxy()
    const { port } = new URL(server.url)
    const link = `http://inside.invalid:${port}/d/${held.infoHash}`
    const args = ['get', '--idle-timeout', '20', '-o', `by-${name}`, link]
    const { code, stderr } = await start({ [name]: `http://127.0.0.1:${through.port}` }, ...args).ended
    expect(code, stderr).toBe(0)
    expect(sha256File(at(`by-${name}`, 'one.bin'))).toBe(sha256File(at('one.bin')))
    expect(through.asked.join('\n')).toContain('inside.invalid')
  })

  test.each(['no_proxy', 'NO_PROXY'])('is not asked for what %s names', async name => {
    await using through = await proxy()
    const env = { http_proxy: `http://127.0.0.1:${through.port}`, [name]: '127.0.0.1' }
    const link = `${server.url}/d/${held.infoHash}`
    const { code, stderr } = await start(env, 'get', '--idle-timeout', '20', '-o', `not-${name}`, link).ended
    expect(code, stderr).toBe(0)
    expect(through.asked).toEqual([])
  })
})

describe('a server that does not answer', () => {
  test('is named, with the reason', async () => {
    const closed = await listen(createServer(), [])
    await closed[Symbol.asyncDispose]()
    for (const [url, reason] of [
      [`http://127.0.0.1:${closed.port}`, 'connection refused (ECONNREFUSED)'],
      ['http://127.0.0.1:9', 'bad port'],
      ['http://nowhere.invalid', 'ENOTFOUND'],
    ] as const) {
      const { code, stderr } = await start({}, 'get', `${url}/d/${held.infoHash}`).ended
      expect(code).toBe(1)
      expect(stderr).toMatch(/^tabseed: [^\n]*\n$/)
      expect(stderr).toContain(url)
      expect(stderr).toContain(reason)
    }
  })
})
