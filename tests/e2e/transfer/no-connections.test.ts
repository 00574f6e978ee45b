import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { counter, publish, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

/** Longest wait until somebody is called again once the browser has connections. */
const AGAIN_MAX_MS = 60_000

const { folder, person, publisher, server } = setStage()

interface Browser {
  isOutOfConnections: boolean
  /** How often it refused one. */
  refused: number
}

const browserOf = (page: Page, change: Partial<Browser>) =>
  page.evaluate(it => Object.assign(globalThis as unknown as Browser, it).refused, change)

/** Somebody whose browser has no connection to give, as Chromium with 500 of them. */
async function personOutOfConnections() {
  const page = await person()
  const errors: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  await page.addInitScript(() => {
    const state = Object.assign(globalThis as unknown as Browser, { isOutOfConnections: true, refused: 0 })
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...settings: ConstructorParameters<typeof RTCPeerConnection>) {
        if (state.isOutOfConnections) {
          state.refused++
          throw new DOMException('Cannot create so many PeerConnections', 'UnknownError')
        }
        super(...settings)
      }
    }
  })
  return { page, errors }
}

it('a reader out of connections waits, says nothing false, and downloads once there are some', async () => {
  writeTree(folder.path, { 'read.bin': noise(400_000, 31) })
  const path = join(folder.path, 'read.bin')
  const { link } = await publisher().publish(path)
  const { errors, page } = await personOutOfConnections()
  await startDownload(page, link)
  await waitForState(page, 'waiting')
  await page.waitForFunction(() => (globalThis as unknown as Browser).refused > 0)
  expect(await counter(page, 'peers')).toBe(0)
  expect(await page.locator('[data-error]').count()).toBe(0)

  await browserOf(page, { isOutOfConnections: false })
  await waitForState(page, 'done', AGAIN_MAX_MS)
  expect(sha256File(await save(page, /^Save/, folder.path))).toBe(sha256File(path))
  expect(errors).toEqual([])
})

it('a publisher out of connections goes on, and gives once there are some', async () => {
  writeTree(folder.path, { 'given.bin': noise(400_000, 32) })
  const path = join(folder.path, 'given.bin')
  const { errors, page } = await personOutOfConnections()
  const link = await publish(page, server.url, { files: [path] })
  const reader = await person()
  await startDownload(reader, link)
  await page.waitForFunction(() => (globalThis as unknown as Browser).refused > 0)
  expect(await counter(page, 'peers')).toBe(0)
  await waitForState(page, 'seeding')

  await browserOf(page, { isOutOfConnections: false })
  await waitForState(reader, 'done', AGAIN_MAX_MS)
  expect(sha256File(await save(reader, /^Save/, folder.path))).toBe(sha256File(path))
  expect(errors).toEqual([])
})
