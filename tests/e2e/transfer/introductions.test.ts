import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  counter,
  publish,
  save,
  startDownload,
  waitForCounter,
  waitForState,
} from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { startServer } from '../../support/server/test-server.ts'

const { folder, person } = setStage()

/** Keeps the page's connections, so that a test can cut them. */
function keepConnections(): void {
  const made: RTCPeerConnection[] = []
  const Original = RTCPeerConnection
  class Kept extends Original {
    constructor(...options: ConstructorParameters<typeof RTCPeerConnection>) {
      super(...options)
      made.push(this)
    }
  }
  Object.assign(window, { RTCPeerConnection: Kept, made })
}

const rows = (page: Page) => page.locator('tr[data-peer-id]')

/** Cuts the connection that `page` has to one of its two peers: the one that sends it most. */
const cutBusiest = (page: Page) =>
  page.evaluate(async () => {
    const { made } = window as unknown as { made: RTCPeerConnection[] }
    const received = async (connection: RTCPeerConnection) => {
      let bytes = 0
      for (const [, entry] of await connection.getStats())
        bytes += entry.type === 'transport' ? entry.bytesReceived : 0
      return bytes
    }
    const open = made.filter(({ connectionState }) => connectionState === 'connected')
    const all = await Promise.all(
      open.map(async connection => ({ connection, bytes: await received(connection) })),
    )
    all.sort((one, other) => other.bytes - one.bytes)[0]?.connection.close()
    return open.length
  })

it('three tabs have met, the tracker is killed, a connection is cut: it comes back through the third', {
  tags: 'long',
}, async () => {
  writeTree(folder.path, { 'met.bin': noise(8_000_000, 81) })
  const path = join(folder.path, 'met.bin')
  const server = await startServer([])
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [path] })
  await publisher.getByText('Speed limits', { exact: true }).click()
  await publisher.getByLabel('Upload limit', { exact: true }).fill('0.2')
  const readers = [await person(), await person()]
  for (const reader of readers) {
    await reader.addInitScript(keepConnections)
    await startDownload(reader, link)
  }
  const [reader] = readers as [Page, Page]
  for (const page of [publisher, ...readers]) {
    await expect.poll(() => rows(page).count(), { timeout: 60_000, message: 'all have met' }).toBe(2)
  }
  await waitForCounter(reader, 'downloaded', bytes => bytes > 200_000)
  await server.stop('SIGKILL')
  expect(await cutBusiest(reader)).toBe(2)
  await expect.poll(() => rows(reader).count(), { timeout: 30_000, message: 'the cut is noticed' }).toBe(1)
  await expect.poll(() => rows(reader).count(), { timeout: 60_000, message: 'it is back' }).toBe(2)
  const before = await counter(reader, 'downloaded')
  await waitForCounter(reader, 'downloaded', bytes => bytes > before)
  await publisher.getByLabel('Upload limit', { exact: true }).fill('')
  for (const page of readers) {
    await waitForState(page, 'done', 90_000)
    expect(sha256File(await save(page, /^Save/, folder.path))).toBe(sha256File(path))
  }
})
