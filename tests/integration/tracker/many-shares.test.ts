import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { postTorrent, torrentNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'
import { freePort } from '../../support/server/free-port.ts'

const SHARES = 110
const LIMIT = { timeout: 30_000, interval: 100 }
const PORTS = { port: 0, udpPorts: null, utp: false, dht: false } as const

async function seed(engine: SwarmEngine, name: string, tracker: string): Promise<string> {
  const metainfo = await parseMetainfo(torrentNamed(name))
  const network = { trackers: [tracker], iceServers: [], webSeeds: [] }
  await engine.publish(metainfo, [new Blob([new Uint8Array(100)])], network)
  return metainfo.infoHash
}

test(`${SHARES} shares of one client are announced again after a restart, without an offer that nobody takes`, async () => {
  using folder = tempFolder()
  const settings = { TABSEED_PORT: String(await freePort()), TABSEED_DATA: folder.path }
  const first = await startApp(settings)
  const engine = new SwarmEngine(nodeClientOptions(PORTS))
  // Snapshots are kept up to date while somebody looks.
  engine.subscribe(() => undefined)
  const names = Array.from({ length: SHARES }, (_, at) => `share ${at}`)
  for (const name of names) {
    await postTorrent(first.url, torrentNamed(name))
    await seed(engine, name, first.announceUrl)
  }
  const connected = () => engine.getSnapshot().filter(({ tracker }) => tracker === 'connected').length
  await vi.waitFor(() => expect(connected()).toBe(SHARES), LIMIT)
  expect(first.services.tracker.stats().complete).toBe(SHARES)
  await first.stop()
  await vi.waitFor(() => expect(connected()).toBe(0), LIMIT)

  await using second = await startApp(settings)
  await vi.waitFor(() => expect(second.services.tracker.stats().complete).toBe(SHARES), LIMIT)
  await vi.waitFor(() => expect(connected()).toBe(SHARES), LIMIT)
  expect(second.services.tracker.counters.announces.websocket).toBeLessThan(2 * SHARES)
  await engine.close()
}, 120_000)

test('a share is connected once the tracker has confirmed its announce, which waits for no offer', async () => {
  const tracker = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(tracker, 'listening')
  const messages: { readonly info_hash: string; readonly offers?: readonly unknown[] }[] = []
  let answer = (_: string): string | null => null
  tracker.on('connection', socket =>
    socket.on('message', data => {
      const message = JSON.parse(String(data))
      messages.push(message)
      const said = answer(message.info_hash)
      if (said !== null) socket.send(said)
    }),
  )
  const engine = new SwarmEngine(nodeClientOptions(PORTS))
  // Snapshots are kept up to date while somebody looks.
  engine.subscribe(() => undefined)
  await seed(engine, 'silent', `ws://127.0.0.1:${(tracker.address() as AddressInfo).port}/announce`)
  const state = () => engine.getSnapshot()[0]?.tracker
  await vi.waitFor(() => expect(messages).toHaveLength(1), LIMIT)
  expect(messages[0]?.offers ?? []).toEqual([])
  expect(state()).toBe('connecting')

  // It hears nothing, and tries again: now there is an answer, and somebody who takes an offer.
  answer = info_hash =>
    JSON.stringify({ action: 'announce', info_hash, interval: 120, complete: 1, incomplete: 2 })
  await vi.waitFor(() => expect(state()).toBe('connected'), LIMIT)
  await vi.waitFor(() => expect(messages.at(-1)?.offers).toHaveLength(2), LIMIT)
  await engine.close()
  tracker.close()
})
