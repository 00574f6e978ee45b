import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
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
    using folder = tempFolder()
    const { code, stderr } = await run(spawnServer(['--port', port, '--data', folder.path]))
    expect(code).toBe(1)
    expect(stderr).toBe(
      `Tabseed cannot start: port ${port} is taken: choose another with TABSEED_PORT or --port\n`,
    )
  })

  test('a data directory that cannot be made is named with its setting, exit code 1', async () => {
    const { code, stderr } = await run(spawnServer(['--port', '0', '--data', '/dev/null/x']))
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Tabseed cannot start: cannot use the data directory \(TABSEED_DATA\): .*\n$/)
  })

  test('stops in order when whoever read its log is gone', async () => {
    await using server = await startServer()
    server.process.stderr.destroy()
    expect(await server.stop()).toBe(0)
  })
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
      expect(await client.closed).toBe(1012)
      expect(await stopped).toBe(0)
      expect(performance.now() - start).toBeLessThan(5_000)
      expect(server.log()).toContain('"msg":"stopped"')
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
    await expect.poll(server.log).toContain('"msg":"stopping"')
    const start = performance.now()
    expect(await server.stop('SIGTERM')).toBe(1)
    expect(performance.now() - start).toBeLessThan(1_000)
    half.destroy()
  })
})
