import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { counter, save, startDownload, waitForCounter, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, sha256Tree, writeTree } from '../../support/content/fixtures.ts'

const MB = 1e6

const { folder, person, publisher, server } = setStage()
const content = noise(12 * MB, 21)
const large = () => join(folder.path, 'large.bin')

/** Limits the storage quota of our origin to `bytes`; null restores the default. */
async function setQuota(page: Page, bytes: number | null): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Storage.overrideQuotaForOrigin', {
    origin: server.url,
    ...(bytes === null ? {} : { quotaSize: bytes }),
  })
}

beforeAll(() => {
  writeTree(folder.path, { 'large.bin': content })
})

it('says before the first byte how much is missing; passed on to the downloads it arrives all the same', {
  tags: 'long',
}, async () => {
  const share = await publisher().publish(large())
  const reader = await person()
  await reader.goto(share.link)
  await setQuota(reader, 5 * MB)
  await reader.getByRole('button', { name: /^Download/ }).click()
  const panel = reader.locator('[data-room=missing]')
  await panel.waitFor()
  expect(Number(await panel.getAttribute('data-missing'))).toBeGreaterThan(7 * MB)
  await reader.getByText(/\d(\.\d)?\sMB are missing/).waitFor()
  expect(share.uploaded()).toBe(0)

  const path = await save(reader, /^Save with the browser/, folder.path)
  await reader.locator('[data-room=saved]').waitFor()
  expect(sha256File(path)).toBe(createHash('sha256').update(content).digest('hex'))
  expect(share.uploaded()).toBeLessThan(1.02 * content.length)
})

it('can be cancelled; with room again it is an ordinary download', { tags: 'long' }, async () => {
  const { link } = await publisher().publish(large())
  publisher().limit(MB)
  const reader = await person()
  await reader.goto(link)
  await setQuota(reader, 5 * MB)
  await reader.getByRole('button', { name: /^Download/ }).click()
  await reader.getByRole('button', { name: /^Save with the browser/ }).click()
  await reader.waitForFunction(
    () => Number(document.querySelector('[data-saving]')?.getAttribute('data-saving')) > 0.1,
  )
  await reader.getByRole('button', { name: 'Cancel saving' }).click()
  await reader.locator('[data-room=missing]').waitFor()
  publisher().limit(null)
  await setQuota(reader, null)
  await reader.getByRole('button', { name: 'Try again' }).click()
  await waitForState(reader, 'done')
  expect(await counter(reader, 'downloaded')).toBe(content.length)
})

it('a folder goes straight into a picked file as a zip, and fewer files may fit', async () => {
  const source = join(folder.path, 'several')
  const small = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`small/${index}.txt`, `number ${index}\n`]),
  )
  writeTree(source, { ...small, 'big.bin': content.subarray(0, 8 * MB), 'tiny.txt': 'tiny' })
  const { link, uploaded } = await publisher().publish(source)
  const reader = await person()
  await reader.addInitScript(() => {
    // The picker is the browser's own window; what it gives is a handle like this one.
    window.showSaveFilePicker = async ({ suggestedName }) => {
      const root = await navigator.storage.getDirectory()
      return root.getFileHandle(suggestedName, { create: true })
    }
  })
  await reader.goto(link)
  await setQuota(reader, 5 * MB)
  await reader.getByRole('button', { name: /^Download/ }).click()
  await reader.getByRole('button', { name: 'Choose fewer files' }).click()
  await reader.getByRole('checkbox', { name: 'Download this folder: small' }).waitFor()
  await reader.getByRole('button', { name: /^Download/ }).click()
  await reader.locator('[data-room=missing]').waitFor()
  await setQuota(reader, null)
  await reader.getByRole('button', { name: /^Save straight/ }).click()
  await reader.locator('[data-room=saved]').waitFor()
  expect(uploaded()).toBeLessThan(9 * MB)
  const download = reader.waitForEvent('download')
  await reader.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const file = await (await root.getFileHandle('several.zip')).getFile()
    const link = document.createElement('a')
    link.href = URL.createObjectURL(file)
    link.download = file.name
    link.click()
  })
  const zip = join(folder.path, 'several.zip')
  await (await download).saveAs(zip)
  execFileSync('unzip', ['-q', zip, '-d', join(folder.path, 'unpacked')])
  expect(sha256Tree(join(folder.path, 'unpacked', 'several'))).toEqual(sha256Tree(source))
})

it('a disk that fills up half-way pauses the download, says so, and it goes on when there is room', {
  tags: 'long',
}, async () => {
  const { link, uploaded } = await publisher().publish(large())
  const before = uploaded()
  publisher().limit(1.5 * MB)
  const reader = await person()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', value => value > 2 * MB)
  await setQuota(reader, 6 * MB)
  await waitForState(reader, 'paused')
  await reader.locator('[data-problem=storage_full]').waitFor()
  await reader.getByText(/Nothing is lost/).waitFor()
  const kept = await counter(reader, 'downloaded')
  expect(kept).toBeGreaterThan(2 * MB)
  await setQuota(reader, null)
  publisher().limit(null)
  await waitForState(reader, 'done', 60_000)
  const path = await save(reader, /^Save/, folder.path)
  expect(sha256File(path)).toBe(createHash('sha256').update(content).digest('hex'))
  // What was requested when the disk was full arrives for nothing: 4 MiB at most.
  expect(uploaded() - before).toBeLessThan(content.length + 4.5 * MB)
})
