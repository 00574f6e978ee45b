import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { type Bencode, decode } from '../../../lib/torrent/bencode.ts'
import { binary, peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed, torrentNamed } from '../../support/content/shares.ts'
import { type ServerProcess, spawnServer, startServer } from '../../support/server/test-server.ts'

/** Exit code and stderr of a process that ends by itself. */
async function run(child: ServerProcess): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ])
  return { code, stdout, stderr }
}

describe('start', () => {
  test('says all that is wrong with the configuration, exit code 2', async () => {
    const { code, stderr, stdout } = await run(
      spawnServer(['--port', 'x', '--nope'], { TABSEED_ICE_SERVERS: '{' }),
    )
    expect(code).toBe(2)
    expect(stdout).toBe('')
    for (const name of ['TABSEED_PORT', '--nope', 'TABSEED_ICE_SERVERS']) expect(stderr).toContain(name)
  })

  test('--help explains the settings, exit code 0', async () => {
    const { code, stdout } = await run(spawnServer(['--help']))
    expect(code).toBe(0)
    expect(stdout).toContain('TABSEED_PUBLIC_URL')
  })

  test('a taken port names the setting to change in one line, exit code 1', async () => {
    await using first = await startServer()
    const { port } = new URL(first.url)
    const { code, stderr } = await run(spawnServer(['--port', port, '--data', first.dataDirectory]))
    expect(code).toBe(1)
    expect(stderr).toBe(
      `Tabseed cannot start: port ${port} is taken: choose another with TABSEED_PORT or --port\n`,
    )
  })

  test('a data directory that cannot be made is named with its setting, exit code 1', async () => {
    const { code, stderr } = await run(spawnServer(['--port', '0', '--data', '/dev/null/x']))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Tabseed cannot start: cannot open the database \(TABSEED_DATA\): .*\n$/)
  })

  test('stops in order when whoever read its log is gone', async () => {
    await using server = await startServer()
    server.process.stderr.destroy()
    expect(await server.stop()).toBe(0)
  })

  test('shares stand, and are tracked, after a restart', async () => {
    await using first = await startServer()
    const { infoHash } = await publishNamed(first.url, 'kept')
    expect(await first.stop()).toBe(0)
    await using second = await startServer(['--data', first.dataDirectory])
    using client = await TrackerClient.open(second.announceUrl)
    expect(await client.announce(infoHash, peerIdNamed('p'), { left: 0 })).toMatchObject({ complete: 1 })
  })
})

test('what peers did is known after a restart, and they are asked to come together sooner', async () => {
  using folder = tempFolder()
  const data = ['--data', join(folder.path, 'data')]
  const first = await startServer(data)
  const { infoHash } = await publishNamed(first.url, 'counted')
  const gone = await publishNamed(first.url, 'counted and gone')
  const counts = async (url: string, hash: string) => {
    using client = await TrackerClient.open(url)
    client.send({ action: 'scrape', info_hash: binary(hash) })
    return (await client.take('files'))['files']
  }
  for (const hash of [infoHash, gone.infoHash]) {
    using peer = await TrackerClient.open(first.announceUrl)
    expect((await peer.announce(hash, peerIdNamed('p')))['interval']).toBe(120)
    await peer.announce(hash, peerIdNamed('p'), { left: 0, event: 'completed' })
    await peer.announce(hash, peerIdNamed('p'), { left: 0, event: 'completed' })
  }
  const headers = { authorization: `Bearer ${gone.ownerKey}` }
  await fetch(`${first.url}/api/shares/${gone.infoHash}`, { method: 'DELETE', headers })
  expect(await first.stop()).toBe(0)

  await using second = await startServer(data)
  expect(await counts(second.announceUrl, infoHash)).toEqual({
    [binary(infoHash)]: { complete: 0, incomplete: 0, downloaded: 1 },
  })
  await publishNamed(second.url, 'counted and gone')
  expect(await counts(second.announceUrl, gone.infoHash)).toMatchObject({
    [binary(gone.infoHash)]: { downloaded: 0 },
  })
  using peer = await TrackerClient.open(second.announceUrl)
  const { interval } = await peer.announce(infoHash, peerIdNamed('p'))
  expect(interval).toBeGreaterThanOrEqual(60)
  expect(interval).toBeLessThanOrEqual(90)
})

test('classic clients are found after a restart, before they announce again', async () => {
  using folder = tempFolder()
  const data = ['--data', join(folder.path, 'data'), '--trusted-proxies', '127.0.0.1']
  const first = await startServer(data)
  const { infoHash } = await publishNamed(first.url, 'classic')
  const announce = async (url: string, address: string, left: number) => {
    const hash = infoHash.replace(/../g, '%$&')
    const id = encodeURIComponent(peerIdNamed(address))
    const query = `info_hash=${hash}&peer_id=${id}&port=6881&left=${left}`
    const answer = await fetch(`${url}/announce?${query}`, { headers: { 'x-forwarded-for': address } })
    return decode(new Uint8Array(await answer.arrayBuffer())).value as ReadonlyMap<string, Bencode>
  }
  await announce(first.url, '192.0.2.1', 0)
  await announce(first.url, '192.0.2.2', 7)
  await first.stop()

  await using second = await startServer(data)
  const answer = await announce(second.url, '192.0.2.3', 7)
  expect([answer.get('complete'), answer.get('incomplete')]).toEqual([1, 2])
  const peers = Buffer.from(answer.get('peers') as Uint8Array)
  expect([peers.subarray(0, 6).toString('hex'), peers.subarray(6).toString('hex')].sort()).toEqual([
    'c00002011ae1',
    'c00002021ae1',
  ])
})

describe('stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends everything within five seconds, exit code 0',
    async signal => {
      await using server = await startServer()
      const { infoHash } = await publishNamed(server.url, 'stopped')
      using client = await TrackerClient.open(server.announceUrl)
      await client.announce(infoHash, peerIdNamed('p'))
      // A request of which half was sent, and a connection that says nothing.
      const { port } = new URL(server.url)
      const torrent = torrentNamed('half')
      const half = connect(Number(port), '127.0.0.1')
      half.on('error', () => {})
      half.write(
        `POST /api/shares HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-bittorrent\r\nContent-Length: ${torrent.length}\r\n\r\n`,
      )
      half.write(torrent.slice(0, 40))
      const mute = connect(Number(port), '127.0.0.1')
      // Not accepted yet, it is reset.
      mute.on('error', () => {})
      await once(mute, 'connect')

      const start = performance.now()
      const stopped = server.stop(signal)
      expect(await client.closed).toBe(1001)
      expect(await stopped).toBe(0)
      expect(performance.now() - start).toBeLessThan(5_000)
      expect(server.stderr()).toContain('"msg":"stopped"')
      half.destroy()
      mute.destroy()
    },
  )

  test('a second signal ends it at once', async () => {
    await using server = await startServer()
    const { port } = new URL(server.url)
    const half = connect(Number(port), '127.0.0.1')
    half.on('error', () => {})
    half.write('POST /api/shares HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n')
    // The server has seen the half request when it answers this one.
    await fetch(`${server.url}/healthz`)
    server.process.kill('SIGTERM')
    await expect.poll(server.stderr).toContain('"msg":"stopping"')
    const start = performance.now()
    expect(await server.stop('SIGTERM')).toBe(1)
    expect(performance.now() - start).toBeLessThan(1_000)
    half.destroy()
  })
})
