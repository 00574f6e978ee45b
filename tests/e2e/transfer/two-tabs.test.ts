import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import {
  counter,
  openPanel,
  save,
  shareOf,
  startDownload,
  storedShares,
  waitForCounter,
  waitForState,
} from '../../support/browser/pages.ts'
import { crashTab } from '../../support/browser/profile.ts'
import { setStage } from '../../support/browser/stage.ts'
import type { NodePublisher } from '../../support/clients/node-publisher.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const MB = 1e6
/** A file, and bytes a second, that leave time to act on its download. */
const SIZE = 8 * MB
const RATE = 0.4 * MB

let share: Awaited<ReturnType<NodePublisher['publish']>>
let link: string
const { folder, person, publisher, server } = setStage()

beforeAll(async () => {
  writeTree(folder.path, { 'source/shared.bin': noise(SIZE, 41) })
  share = await publisher().publish(original())
  link = share.link
})
beforeEach(() => publisher().limit(RATE))

/** Apart from what is saved under the same name: a published file that changes ends its share. */
const original = () => join(folder.path, 'source/shared.bin')

/** Two tabs of one browser on the share: the first one runs the download. */
async function twoTabs(): Promise<{ leader: Page; follower: Page }> {
  const leader = await person()
  await startDownload(leader, link)
  await waitForCounter(leader, 'downloaded', bytes => bytes > 0)
  const follower = await leader.context().newPage()
  await follower.goto(link)
  await waitForState(follower, 'downloading')
  return { leader, follower }
}

/** Resolves when the publisher is connected to so many. */
const hasPeers = (count: number) => expect.poll(() => share.peers(), { timeout: 30_000 }).toBe(count)

const peerId = (page: Page) => shareOf(page).getAttribute('data-peer-id')

it('one tab runs the download, the other shows the same, and takes over when the first is closed', async () => {
  const { leader, follower } = await twoTabs()
  await follower.getByText('Running in another tab').waitFor()
  expect(await peerId(follower)).toBe(await peerId(leader))
  expect(await leader.locator('[data-elsewhere]').count()).toBe(0)
  await hasPeers(1)
  const first = await counter(follower, 'downloaded')
  const seen = await waitForCounter(follower, 'downloaded', bytes => bytes > first + 0.6 * MB)

  const before = await peerId(leader)
  await leader.close()
  await follower.locator('[data-elsewhere]').waitFor({ state: 'detached' })
  await waitForState(follower, 'downloading')
  expect(await peerId(follower)).not.toBe(before)
  expect(await counter(follower, 'downloaded')).toBeGreaterThanOrEqual(seen)
  publisher().limit(null)
  await waitForState(follower, 'done', 120_000)
  const saved = await save(follower, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(original()))
}, 240_000)

it('a tab takes over from one that crashed, whichever page it shows', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const { leader, follower } = await twoTabs()
  await follower.goto(server.url)
  await follower
    .getByText(/Downloading/)
    .first()
    .waitFor()
  await crashTab(leader)
  await follower.goto(link)
  await follower.locator('[data-share][data-state=downloading]').waitFor()
  await follower.locator('[data-elsewhere]').waitFor({ state: 'detached' })
  // Not done before the publisher has noticed the crash: who is done says goodbye.
  publisher().limit(0.05 * MB)
  await hasPeers(1)
})

it('buttons of the tab that looks on work in the tab that runs it', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  const { leader, follower } = await twoTabs()
  await follower.getByRole('button', { name: 'Pause' }).click()
  await waitForState(leader, 'paused')
  await waitForState(follower, 'paused')
  await hasPeers(0)
  await follower.getByRole('button', { name: 'Resume' }).click()
  await waitForState(leader, 'downloading')
  await openPanel(follower, 'Speed limits')
  await follower.getByRole('spinbutton', { name: 'Download limit', exact: true }).fill('0.1')
  await waitForCounter(leader, 'download-rate', rate => rate > 0 && rate < 0.2 * MB)
  await follower.getByRole('spinbutton', { name: 'Download limit', exact: true }).fill('')
  publisher().limit(null)
  await waitForState(leader, 'done', 120_000)

  // Complete, it can be saved whether others are given it or not.
  await follower.getByRole('button', { name: 'Stop helping others' }).click()
  await waitForState(leader, 'paused')
  await leader.getByRole('button', { name: /^Save/ }).waitFor()
  await leader.getByRole('button', { name: 'Help others again' }).click()
  await waitForState(follower, 'done')

  // Saved from the tab that did not download it.
  expect(await follower.locator('[data-elsewhere]').count()).toBe(1)
  const saved = await save(follower, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(original()))
})

it('another tab goes on with what failed in the one that ran it', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const { leader, follower } = await twoTabs()
  await leader.evaluate(() => {
    const post = Worker.prototype.postMessage
    Worker.prototype.postMessage = function (this: Worker, ...message: [{ readonly do?: string }]) {
      if (message[0].do === 'write') throw new DOMException('the worker is gone', 'InvalidStateError')
      post.apply(this, message)
    }
  })
  await follower.locator('[data-elsewhere]').waitFor({ state: 'detached' })
  await waitForState(follower, 'downloading')
  // The tab that failed shows that.
  await leader.getByText('Running in another tab').waitFor()
  await waitForState(leader, 'downloading')
  await follower.getByRole('button', { name: 'Pause' }).click()
  await waitForState(leader, 'paused')
  expect(await leader.locator('[data-error]').count()).toBe(0)
})

it('a download deleted while a tab opens its files is gone, and does not begin again', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const { leader, follower } = await twoTabs()
  await follower.goto(`${server.url}/manifest.webmanifest`)
  // Opening waits until the test calls `letOpen`.
  await leader.addInitScript(() => {
    const post = Worker.prototype.postMessage
    const held = new Promise<void>(resolve => Object.assign(globalThis, { letOpen: resolve }))
    Worker.prototype.postMessage = function (this: Worker, ...message: [{ readonly do?: string }]) {
      if (message[0].do !== 'open') return post.apply(this, message)
      Object.assign(globalThis, { opening: true })
      void held.then(() => post.apply(this, message))
    }
  })
  await leader.reload()
  await leader.waitForFunction(() => 'opening' in globalThis)
  await follower.goto(`${server.url}/library`)
  const row = follower.locator(`[data-share="${link.slice(-40)}"]`)
  await row.getByRole('button', { name: /^Delete/ }).click()
  await follower.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await row.waitFor({ state: 'detached' })
  await leader.evaluate(() => (globalThis as unknown as { letOpen(): void }).letOpen())
  // Wait until the other tab has released the share.
  await follower.evaluate(
    async name => {
      const signal = AbortSignal.timeout(20_000)
      await navigator.locks.request(name, { signal }, () => undefined)
    },
    `tabseed:share:${link.slice(-40)}`,
  )
  expect(await shareOf(leader).getAttribute('data-started')).toBe('false')
  expect(await storedShares(follower)).toEqual([])
})

it('a download deleted in one tab is gone in all, and no tab begins it again', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const { leader, follower } = await twoTabs()
  await follower.goto(`${server.url}/library`)
  const row = follower.locator(`[data-share="${link.slice(-40)}"]`)
  await row.getByRole('button', { name: /^Delete/ }).click()
  await follower.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
  await row.waitFor({ state: 'detached' })
  await leader.locator('[data-share][data-started=false]').waitFor()
  await hasPeers(0)
  expect(await storedShares(follower)).toEqual([])
  await leader.getByRole('button', { name: /^Download/ }).waitFor()
  await leader.reload()
  await leader.getByRole('button', { name: /^Download/ }).waitFor()
})
