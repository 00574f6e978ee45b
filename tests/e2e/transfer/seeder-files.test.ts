import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { counter, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { askToKeep, keptBy } from '../../support/clients/node-publisher.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { freePort } from '../../support/server/free-port.ts'

const LIMIT = { timeout: 60_000, interval: 100 }
const TOKEN = 'a-secret-of-both-machines'
const SIZE = 4e6

const { folder, person, publisher, server } = setStage({ serverArgs: ['--seeder-token', TOKEN] })

let files = ''
let seeder: ReturnType<typeof startCommand>
beforeAll(async () => {
  files = `http://127.0.0.1:${await freePort()}`
  const addresses = ['--seeder-http', new URL(files).host, '--seeder-url', files]
  seeder = startCommand(
    folder.path,
    [
      process.execPath,
      ...[LAUNCHER, 'seed', '--server', server.url, '--seeder-port', '0', ...addresses],
      ...['--seeder-dir', join(folder.path, 'seeder')],
    ],
    { TABSEED_SEEDER_TOKEN: TOKEN },
  )
})
afterAll(async () => {
  seeder.kill('SIGTERM')
  await seeder.ended
})

it('a page without WebRTC downloads from the seeder of another machine, which the server names and sends it to', async () => {
  writeTree(folder.path, { 'elsewhere.bin': noise(SIZE, 31) })
  const path = join(folder.path, 'elsewhere.bin')
  const { leave, link, metainfo, ownerKey } = await publisher().publish(path)
  await vi.waitFor(
    async () => expect((await askToKeep(server.url, metainfo, ownerKey)).status, 'asked').toBe(202),
    LIMIT,
  )
  await vi.waitFor(
    async () => expect(await keptBy(server.url, metainfo), 'kept').toMatchObject({ kept: 'yes' }),
    LIMIT,
  )
  await leave()

  const download = async (way: 'sent' | 'named') => {
    const reader = await person()
    await reader.addInitScript(() => {
      for (const name of ['RTCPeerConnection', 'RTCSessionDescription', 'RTCIceCandidate', 'RTCDataChannel'])
        Reflect.deleteProperty(globalThis, name)
    })
    // With the server's own address out of the way only what it names is left.
    if (way === 'named') await reader.route(`${server.url}/w/**`, route => route.abort())
    const ways = new Set<string>()
    reader.on('request', request => {
      if (request.url().startsWith(files)) ways.add(request.redirectedFrom() ? 'sent' : 'named')
    })
    const saved = reader.waitForEvent('download', { timeout: 60_000 })
    await startDownload(reader, link)
    const copy = join(folder.path, `${way}.bin`)
    await (await saved).saveAs(copy)
    expect(sha256File(copy)).toBe(sha256File(path))
    await waitForState(reader, 'done')
    expect(await counter(reader, 'from-web-seeds')).toBe(SIZE)
    expect(ways).toContain(way)
  }
  await download('sent')
  await download('named')
}, 120_000)
