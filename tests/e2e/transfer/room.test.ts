import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import {
  counter,
  publish,
  save,
  startDownload,
  waitForCounter,
  waitForState,
} from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, sha256Tree, writeTree } from '../../support/content/fixtures.ts'

const MB = 1e6

const { folder, person, server } = setStage()
const content = noise(40 * MB, 21)

/** From now on the browser lets our origin keep no more than `bytes`; null: as before. */
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

it('says before the first byte how much is missing; passed on to the downloads it arrives all the same', async () => {
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'large.bin')] })
  const reader = await person()
  await reader.goto(link)
  await setQuota(reader, 10 * MB)
  await reader.getByRole('button', { name: /^Download/ }).click()
  const panel = reader.locator('[data-room=missing]')
  await panel.waitFor()
  expect(Number(await panel.getAttribute('data-missing'))).toBeGreaterThan(30 * MB)
  await reader.getByText(/3\d(\.\d)?\sMB are missing/).waitFor()
  expect(await counter(publisher, 'uploaded')).toBe(0)

  const path = await save(reader, /Pass it on/, folder.path)
  await reader.locator('[data-room=saved]').waitFor()
  expect(sha256File(path)).toBe(createHash('sha256').update(content).digest('hex'))
  expect(await counter(publisher, 'uploaded')).toBeLessThan(1.02 * content.length)
})

it('can be cancelled; with room again it is an ordinary download', async () => {
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'large.bin')] })
  await publisher.locator('summary', { hasText: 'Limits' }).click()
  await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('2')
  const reader = await person()
  await reader.goto(link)
  await setQuota(reader, 10 * MB)
  await reader.getByRole('button', { name: /^Download/ }).click()
  await reader.getByRole('button', { name: /Pass it on/ }).click()
  await reader.waitForFunction(
    () => Number(document.querySelector('[data-saving]')?.getAttribute('data-saving')) > 0.1,
  )
  await reader.getByRole('button', { name: 'Cancel saving' }).click()
  await reader.locator('[data-room=missing]').waitFor()
  await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('')
  await setQuota(reader, null)
  await reader.getByRole('button', { name: 'Try again' }).click()
  await waitForState(reader, 'done')
})

it('a folder goes straight into a picked file as a zip, and fewer files may fit', async () => {
  const source = join(folder.path, 'several')
  const small = Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`small/${index}.txt`, `number ${index}\n`]),
  )
  writeTree(source, { ...small, 'big.bin': content.subarray(0, 20 * MB), 'tiny.txt': 'tiny' })
  const publisher = await person()
  const link = await publish(publisher, server.url, { folder: source })
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
  expect(await counter(publisher, 'uploaded')).toBeLessThan(21 * MB)
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

it('a disk that fills up half-way pauses the download, says so, and it goes on when there is room', async () => {
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'large.bin')] })
  await publisher.locator('summary', { hasText: 'Limits' }).click()
  await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('4')
  const reader = await person()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', value => value > 4 * MB)
  await setQuota(reader, 12 * MB)
  await waitForState(reader, 'paused')
  await reader.locator('[data-problem=storage_full]').waitFor()
  await reader.getByText(/Nothing is lost/).waitFor()
  const kept = await counter(reader, 'downloaded')
  expect(kept).toBeGreaterThan(4 * MB)
  await setQuota(reader, null)
  await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('')
  await waitForState(reader, 'done', 60_000)
  const path = await save(reader, /^Save large\.bin/, folder.path)
  expect(sha256File(path)).toBe(createHash('sha256').update(content).digest('hex'))
  expect(await counter(publisher, 'uploaded')).toBeLessThan(1.2 * content.length)
})
