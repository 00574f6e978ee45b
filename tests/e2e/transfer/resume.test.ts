import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  counter,
  openPanel,
  save,
  startDownload,
  waitForCounter,
  waitForState,
} from '../../support/browser/pages.ts'
import { crashTab } from '../../support/browser/profile.ts'
import { setStage } from '../../support/browser/stage.ts'
import type { NodePublisher } from '../../support/clients/node-publisher.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { sized } from '../../support/long.ts'

const MB = 1e6

const KILLS = sized({ gate: 4, long: 20 })
/** The file that is downloaded, and bytes a second: slow enough that there is time to act on the download. */
const SIZE = sized({ gate: 10 * MB, long: 128 * MB })
const RATE = sized({ gate: 1.5 * MB, long: 8 * MB })
/** What one kill may cost: what was requested, pieces that were begun, and those on their way to the disk. */
const WORK_LOST_MAX = sized({ gate: 2 * MB, long: 5 * MB })
/** A part of the download that takes a moment. */
const PART = sized({ gate: MB, long: 4 * MB })

let share: Awaited<ReturnType<NodePublisher['publish']>>
let link: string
const { folder, newProfile, person, publisher, server } = setStage()

const original = () => join(folder.path, 'resumed.bin')
const progressOf = (page: Page): Promise<number> => counter(page, 'downloaded')

beforeAll(async () => {
  writeTree(folder.path, { 'resumed.bin': noise(SIZE, 20) })
  share = await publisher().publish(original())
  link = share.link
})
beforeEach(() => publisher().limit(RATE))

/** Nothing is left to act on: the rest comes as fast as it can. */
async function finish(page: Page): Promise<void> {
  publisher().limit(null)
  await waitForState(page, 'done', 120_000)
}

describe('a download', () => {
  it('goes on after reloads without a click, on any page of ours, and ends byte for byte', async () => {
    const page = await person()
    await startDownload(page, link)
    const before = await waitForCounter(page, 'downloaded', bytes => bytes > PART)
    await page.reload()
    // What is stored is shown at once, not fetched again.
    expect(await waitForCounter(page, 'downloaded', bytes => bytes > 0)).toBeGreaterThanOrEqual(before)
    const further = await waitForCounter(page, 'downloaded', bytes => bytes > before + PART)

    await page.goto(server.url)
    await page
      .getByText(/Downloading/)
      .first()
      .waitFor()
    await page.goto(link)
    await waitForCounter(page, 'downloaded', bytes => bytes >= further)
    await finish(page)
    const saved = await save(page, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(original()))
  }, 240_000)

  it(`survives ${KILLS} kills of its tab or browser at random moments`, {
    tags: 'long',
    timeout: 400_000,
  }, async ({ annotate }) => {
    const uploadedBefore = share.uploaded()
    const profile = newProfile()
    let page = await profile.open(link)
    await startDownload(page, link)
    for (let kill = 0; kill < KILLS; kill++) {
      const moment = Math.floor((SIZE * (kill + Math.random())) / (KILLS + 1))
      await waitForCounter(page, 'downloaded', bytes => bytes >= moment)
      const before = await progressOf(page)
      if (kill % 3 === 2) await profile.kill()
      else await crashTab(page)
      page = await profile.open(link)
      const after = await waitForCounter(page, 'downloaded', bytes => bytes > 0 || before === 0)
      expect(after, `kill ${kill + 1} at ${before} of ${SIZE} bytes`).toBeGreaterThan(before - WORK_LOST_MAX)
      expect(await page.locator('[data-lost]').count()).toBe(0)
    }
    await finish(page)
    const fetched = share.uploaded() - uploadedBefore
    await annotate(`fetched ${fetched} of ${SIZE} bytes with ${KILLS} kills`)
    expect(fetched).toBeLessThan(SIZE + KILLS * WORK_LOST_MAX)
    const saved = await save(page, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(original()))
  })

  it('stays paused, with its progress, and keeps its limits', {
    tags: 'long',
    timeout: 240_000,
  }, async () => {
    const profile = newProfile()
    const page = await profile.open(link)
    await startDownload(page, link)
    await openPanel(page, 'Speed limits')
    const limit = page.getByRole('spinbutton', { name: 'Download limit', exact: true })
    await limit.fill('3')
    await waitForCounter(page, 'downloaded', bytes => bytes > PART)
    await page.getByRole('button', { name: 'Pause' }).click()
    await waitForState(page, 'paused')
    const held = await progressOf(page)
    await profile.close()

    const again = await profile.open(link)
    await waitForState(again, 'paused')
    expect(await progressOf(again)).toBeGreaterThanOrEqual(held)
    await openPanel(again, 'Speed limits')
    const kept = again.getByRole('spinbutton', { name: 'Download limit', exact: true })
    expect(await kept.inputValue()).toBe('3')
    await kept.fill('')
    await again.getByRole('button', { name: 'Resume' }).click()
    await finish(again)
  })

  it('goes on when the clock jumps', { tags: 'long', timeout: 240_000 }, async () => {
    const page = await person()
    await page.context().addInitScript(() => {
      const now = Date.now
      const jumps = globalThis as { clockOffset?: number }
      Date.now = () => now() + (jumps.clockOffset ?? 0)
    })
    await startDownload(page, link)
    for (const years of [-30, 60, 0]) {
      const before = await progressOf(page)
      await page.evaluate(offset => {
        ;(globalThis as { clockOffset?: number }).clockOffset = offset
      }, years * 31_536_000_000)
      await waitForCounter(page, 'downloaded', bytes => bytes > before + PART)
    }
    await finish(page)
    expect(await progressOf(page)).toBe(SIZE)
  })
})

it('waits for a server that does not answer, and goes on when it does', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  // A service worker's page asks past what the test puts in the way.
  const page = await person({ serviceWorkers: 'block' })
  await startDownload(page, link)
  await waitForCounter(page, 'downloaded', bytes => bytes > PART)
  await page.context().route('**/api/ice*', route => route.abort())
  await page.reload()
  await page
    .getByRole('button', { name: /Download|Looking for/ })
    .first()
    .waitFor()
  await page.context().unroute('**/api/ice*')
  await finish(page)
  expect(await progressOf(page)).toBe(SIZE)
})

it('notices that the browser deleted files of a download, says so and fetches them again', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  writeTree(folder.path, { 'evicted/a.bin': noise(2 * MB, 21), 'evicted/b.bin': noise(MB, 22) })
  publisher().limit(null)
  const { link: evicted } = await publisher().publish(join(folder.path, 'evicted'))
  const page = await person()
  await startDownload(page, evicted)
  await waitForState(page, 'done')
  await save(page, /^Save .*a\.bin/, folder.path)

  // A page of our origin that starts no session: what it deletes, it deletes behind our back.
  await page.goto(`${server.url}/manifest.webmanifest`)
  await page.evaluate(async infoHash => {
    const shares = await (await navigator.storage.getDirectory()).getDirectoryHandle('shares')
    await (await shares.getDirectoryHandle(infoHash)).removeEntry('0')
  }, evicted.slice(-40))
  await page.goto(evicted)
  await page.getByText(/is gone from this device/).waitFor()
  expect(Number(await page.locator('[data-lost]').getAttribute('data-lost'))).toBeGreaterThanOrEqual(2 * MB)
  await waitForState(page, 'done')
  const saved = await save(page, /^Save .*a\.bin/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(join(folder.path, 'evicted/a.bin')))

  await page.goto(`${server.url}/manifest.webmanifest`)
  await page.evaluate(async () => {
    await (await navigator.storage.getDirectory()).removeEntry('shares', { recursive: true })
  })
  // Noticed wherever the person comes back to.
  await page.goto(`${server.url}/library`)
  await page.getByText(/is gone from this device/).waitFor()
  await page.locator(`[data-share="${evicted.slice(-40)}"][data-state=done]`).waitFor()
})
