import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { noise, sha256File, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { listen, proxy, redirector } from '../../support/net/ways.ts'
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

  test.each([301, 302, 307, 308])('with %i is followed by the socket of a bare tracker', async status => {
    await using moved = await redirector(server.url, status)
    const magnet = `magnet:?xt=urn:btih:${held.infoHash}&tr=ws://127.0.0.1:${moved.port}/announce`
    const got = await start({}, 'get', '--idle-timeout', '20', '-o', `socket-${status}`, magnet).ended
    expect(got.code, got.stderr).toBe(0)
    expect(sha256File(at(`socket-${status}`, 'one.bin'))).toBe(sha256File(at('one.bin')))
    expect(moved.asked).toContain('UPGRADE /announce')
  })

  test('in a circle is said of the tracker, for people and for programs', { tags: 'long' }, async () => {
    const asked: string[] = []
    const circle = createServer().on('upgrade', ({ url }, socket) => {
      asked.push(`${url}`)
      socket.end(`HTTP/1.1 302 Found\r\nlocation: ${url}\r\ncontent-length: 0\r\n\r\n`)
    })
    await using listening = await listen(circle, asked)
    const url = `ws://127.0.0.1:${listening.port}/announce`
    const args = ['get', '--idle-timeout', '4', `magnet:?xt=urn:btih:${'ab'.repeat(20)}&tr=${url}`]
    const plain = await start({}, ...args).ended
    expect(plain.code).toBe(3)
    expect(plain.stderr).toContain(`tracker ${url}: too many redirects\n`)
    expect((await start({}, ...args, '--json').ended).stderr).toContain(
      JSON.stringify({ tracker: { url, problem: 'too many redirects' } }),
    )
    // It is dialled again after a second or two, not more often.
    expect(asked.length).toBeLessThan(100)
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

  test.each(['http_proxy', 'all_proxy', 'ALL_PROXY'])(
    '%s leads to the sockets of trackers too',
    async name => {
      await using through = await proxy()
      const { port } = new URL(server.url)
      const magnet = `magnet:?xt=urn:btih:${held.infoHash}&tr=ws://inside.invalid:${port}/announce`
      const env = { [name]: `http://127.0.0.1:${through.port}` }
      const { code, stderr } = await start(env, 'get', '--idle-timeout', '20', '-o', `ws-${name}`, magnet)
        .ended
      expect(code, stderr).toBe(0)
      expect(sha256File(at(`ws-${name}`, 'one.bin'))).toBe(sha256File(at('one.bin')))
      expect(through.asked).toContain(`CONNECT inside.invalid:${port}`)
    },
  )

  test('that is gone, or passes nothing on, is said of the tracker', async () => {
    await using refusing = await listen(
      createServer().on('connect', (_, client) => client.end('HTTP/1.1 403 Forbidden\r\n\r\n')),
      [],
    )
    const gone = await listen(createServer(), [])
    await gone[Symbol.asyncDispose]()
    for (const [{ port }, reason] of [
      [gone, 'ECONNREFUSED'],
      [refusing, `the proxy 127.0.0.1:${refusing.port} answers 403`],
    ] as const) {
      const url = 'ws://inside.invalid/announce'
      const magnet = `magnet:?xt=urn:btih:${held.infoHash}&tr=${url}`
      const env = { http_proxy: `http://127.0.0.1:${port}` }
      const { code, stderr } = await start(env, 'get', '--json', '--idle-timeout', '4', magnet).ended
      expect(code).toBe(3)
      const told = stderr.split('\n').find(line => line.startsWith('{"tracker"')) ?? '{}'
      expect(JSON.parse(told)).toEqual({ tracker: { url, problem: expect.stringContaining(reason) } })
    }
  })

  test('of another kind is named without its password, and not used', async () => {
    const env = { all_proxy: 'socks5://me:secret@127.0.0.1:1' }
    const { code, stderr } = await start(env, 'get', '-o', 'socks', `${server.url}/d/${held.infoHash}`).ended
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(
      'the proxy socks5://127.0.0.1:1 is not used: only http:// and https:// ones are\n',
    )
  })

  test('is not asked for this machine', async () => {
    await using through = await proxy()
    const env = { http_proxy: `http://127.0.0.1:${through.port}` }
    const { host } = new URL(server.url)
    const trackers = `&tr=ws://${host}/announce&tr=http://${host}/announce`
    for (const source of [
      `${server.url}/d/${held.infoHash}`,
      `magnet:?xt=urn:btih:${held.infoHash}${trackers}`,
    ]) {
      const args = ['get', '--overwrite', '--idle-timeout', '20', '-o', 'loopback', source]
      const { code, stderr } = await start(env, ...args).ended
      expect(code, stderr).toBe(0)
    }
    expect(through.asked).toEqual([])
  })

  test.each(['no_proxy', 'NO_PROXY'])('is not asked for what %s names', async name => {
    await using through = await proxy()
    const env = { http_proxy: `http://127.0.0.1:${through.port}`, [name]: 'other.invalid,inside.invalid' }
    const host = `inside.invalid:${new URL(server.url).port}`
    const magnet = `magnet:?xt=urn:btih:${held.infoHash}&tr=ws://${host}/announce&tr=http://${host}/announce`
    const { code, stderr } = await start(env, 'get', '--idle-timeout', '4', '-o', `not-${name}`, magnet).ended
    expect(code).toBe(3)
    expect(stderr.match(/^tracker .*ENOTFOUND/gm)).toHaveLength(2)
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
