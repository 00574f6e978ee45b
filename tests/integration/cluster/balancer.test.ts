import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { postTorrent, publishNamed, torrentNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { eventually } from '../../support/server/cluster.ts'
import { freePort } from '../../support/server/free-port.ts'
import { startPostgres } from '../../support/server/postgres.ts'

const EXAMPLES = join(import.meta.dirname, '../../../docs/examples')

/** HAProxy with the example in front of servers on these ports; it looks ten times as often. */
async function startHaproxy(folder: string, ports: readonly number[]) {
  const port = await freePort()
  let config = readFileSync(join(EXAMPLES, 'haproxy-cluster.cfg'), 'utf8')
    .replace('bind :443 ssl crt /etc/ssl/share.example.org.pem', `bind 127.0.0.1:${port}`)
    .replaceAll('X-Forwarded-Proto https', 'X-Forwarded-Proto http')
    .replaceAll('inter 2s', 'inter 200ms')
  for (const [index, node] of ports.entries())
    config = config.replaceAll(`10.0.0.1${index + 1}:3000`, `127.0.0.1:${node}`)
  writeFileSync(join(folder, 'haproxy.cfg'), config)
  const haproxy = spawn('haproxy', ['-db', '-f', join(folder, 'haproxy.cfg')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  haproxy.stderr.on('data', chunk => {
    output += chunk
  })
  const url = `http://127.0.0.1:${port}`
  await eventually(
    async () => expect((await fetch(`${url}/readyz`).catch(() => null))?.status, output).toBe(200),
    10_000,
  )
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      haproxy.kill('SIGKILL')
      await once(haproxy, 'exit')
    },
  }
}

test('behind the HAProxy of the documentation three nodes are restarted one by one without a failed request', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  using folder = tempFolder()
  await using postgres = await startPostgres()
  const database = await postgres.create()
  const ports = [await freePort(), await freePort(), await freePort()]
  const start = (index: number) =>
    startApp({
      TABSEED_DATABASE: database,
      TABSEED_NODE: `node${index + 1}`,
      TABSEED_DATA: join(folder.path, `data${index}`),
      TABSEED_PORT: String(ports[index]),
      TABSEED_TRUSTED_PROXIES: '127.0.0.1',
      TABSEED_DRAIN_SECONDS: '1',
      TABSEED_LIMITS: 'off',
    })
  const nodes: TestApp[] = []
  try {
    for (const index of ports.keys()) nodes.push(await start(index))
    await using proxy = await startHaproxy(folder.path, ports)
    const { infoHash } = await publishNamed(proxy.url, 'through the proxy')

    // WebSockets pass, and go to the node that has the fewest.
    const tabs: TrackerClient[] = []
    for (let count = 0; count < 6; count += 1) {
      const tab = await TrackerClient.open(`${proxy.url.replace('http', 'ws')}/announce`)
      await tab.announce(infoHash, peerIdNamed(`tab-${count}`))
      tabs.push(tab)
    }
    expect(nodes.map(node => node.services.tracker.stats().connections)).toEqual([2, 2, 2])

    // Pages that find each other are in the memory of one node.
    const near = (who: string) =>
      fetch(`${proxy.url}/api/nearby`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: who.repeat(22), name: 1, publicKey: 'k'.repeat(87), code: null }),
      }).then(answer => answer.json())
    for (const who of ['a', 'b', 'c', 'd']) await near(who)
    expect((await near('e')).people).toHaveLength(4)

    const failed: string[] = []
    let requests = 0
    let isOver = false
    const note = async (what: string, expected: number, ask: () => Promise<Response>) => {
      requests += 1
      const answer = await ask().catch(reason => reason as Error)
      if (answer instanceof Error) failed.push(`${what}: ${answer.message} ${answer.cause}`)
      else if (answer.status !== expected) failed.push(`${what}: ${answer.status} ${await answer.text()}`)
      else await answer.arrayBuffer()
    }
    const readers = [1, 2, 3].map(async () => {
      while (!isOver) await note('get', 200, () => fetch(`${proxy.url}/api/shares/${infoHash}`))
    })
    const publishers = [1, 2].map(async number => {
      for (let count = 0; !isOver; count += 1) {
        await note('post', 201, () => postTorrent(proxy.url, torrentNamed(`under-way-${number}-${count}`)))
      }
    })
    for (const index of ports.keys()) {
      await nodes[index]?.stop()
      nodes[index] = await start(index)
      await eventually(async () => {
        const answer = await fetch(`http://127.0.0.1:${ports[index]}/readyz`)
        expect(answer.status).toBe(200)
      }, 10_000)
      // The proxy looks every 200 ms.
      const through = nodes[index]
      await eventually(async () => {
        const before = through?.services.tracker.stats().counters.connections ?? 0
        using probe = await TrackerClient.open(`${proxy.url.replace('http', 'ws')}/announce`)
        await probe.announce(infoHash, peerIdNamed('probe'))
        expect(through?.services.tracker.stats().counters.connections).toBeGreaterThan(before)
      }, 10_000)
    }
    isOver = true
    await Promise.all([...readers, ...publishers])
    for (const tab of tabs) expect(await tab.closed).toBe(1012)
    process.stdout.write(`rolling restart: ${requests} requests, ${failed.length} failed\n`)
    expect(failed).toEqual([])
    expect(requests).toBeGreaterThan(200)

    // Without PostgreSQL none is ready, and all are asked all the same.
    await postgres.kill()
    for (const port of ports) {
      await eventually(async () => {
        expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503)
      }, 10_000)
    }
    const refused = await eventually(async () => {
      const answer = await postTorrent(proxy.url, torrentNamed('meanwhile'))
      expect(answer.headers.get('retry-after')).toBe('5')
      return answer.json()
    }, 10_000)
    expect(refused.error.code).toBe('database_away')
    using late = await TrackerClient.open(`${proxy.url.replace('http', 'ws')}/announce`)
    expect(await late.announce(infoHash, peerIdNamed('late'))).toHaveProperty('interval')
  } finally {
    for (const node of nodes) await node[Symbol.asyncDispose]()
  }
})

test('nginx and Caddy take the examples for several nodes', () => {
  using folder = tempFolder()
  const caddyfile = join(EXAMPLES, 'Caddyfile-cluster')
  const home = { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path }
  const adapted = JSON.parse(
    execFileSync('caddy', ['adapt', '--adapter', 'caddyfile', '--config', caddyfile], {
      env: { ...process.env, ...home },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString(),
  )
  const proxy = JSON.stringify(adapted)
  expect(proxy).toContain('"selection_policy":{"policy":"least_conn"}')
  expect(proxy).toContain('"uri":"/readyz"')

  const upstream = readFileSync(join(EXAMPLES, 'nginx-cluster.conf'), 'utf8')
  const site = readFileSync(join(EXAMPLES, 'nginx.conf'), 'utf8')
    .replace('http://127.0.0.1:3000', 'http://tabseed')
    .replace('listen 443 ssl', 'listen 127.0.0.1:1')
    .replaceAll(/^ *ssl_certificate.*$/gm, '')
  const config = join(folder.path, 'nginx.conf')
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    name => `${name}_temp_path ${join(folder.path, name)};`,
  )
  writeFileSync(
    config,
    `pid ${join(folder.path, 'pid')}; events {} http { access_log off; ${paths.join(' ')} ${upstream} ${site} }`,
  )
  // Of what it does not take, it names the line and exits with 1.
  execFileSync('nginx', ['-t', '-c', config, '-e', 'stderr'], { stdio: 'pipe' })
})
