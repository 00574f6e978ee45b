import { join } from 'node:path'
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
import { noise, sha256File, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startServer } from '../../support/server/test-server.ts'

const { folder, person } = setStage()

/** Readers who join after a restart find the publisher within this time. */
const FOUND_MS = 30_000

const COMES_BACK =
  'a server that ends by %s and comes back breaks no download, and new readers find the publisher'
async function comesBack(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const name = `${signal}.bin`
  writeTree(folder.path, { [name]: noise(4_000_000, 71) })
  const path = join(folder.path, name)
  using data = tempFolder()
  const first = await startServer(['--data', data.path])
  const publisher = await person()
  const link = await publish(publisher, first.url, { files: [path] })
  await publisher.getByText('Speed limits', { exact: true }).click()
  await publisher.getByLabel('Upload limit', { exact: true }).fill('0.4')
  const reader = await person()
  await startDownload(reader, link)
  await waitForCounter(reader, 'downloaded', bytes => bytes > 400_000)

  await first.stop(signal)
  // Connected peers need no server.
  const before = await counter(reader, 'downloaded')
  await waitForCounter(reader, 'downloaded', bytes => bytes > before + 400_000)
  await using second = await startServer(['--data', data.path, '--port', new URL(first.url).port])
  const late = await person()
  await startDownload(late, link.replace(first.url, second.url))
  await late.waitForFunction(
    () => Number(document.querySelector('[data-share]')?.getAttribute('data-downloaded')) > 0,
    null,
    { timeout: FOUND_MS },
  )
  await publisher.getByLabel('Upload limit', { exact: true }).fill('')
  for (const page of [reader, late]) {
    await waitForState(page, 'done', 60_000)
    expect(sha256File(await save(page, /^Save/, folder.path))).toBe(sha256File(path))
  }
}

it.each(['SIGKILL'] as const)(COMES_BACK, comesBack)
it.each(['SIGTERM'] as const)(COMES_BACK, { tags: 'long' }, comesBack)

it('without kept pages a click while the server is away waits for it, and the share goes on', {
  tags: 'long',
}, async () => {
  writeTree(folder.path, { 'click.bin': noise(1_000_000, 72) })
  const path = join(folder.path, 'click.bin')
  using data = tempFolder()
  const first = await startServer(['--data', data.path])
  const publisher = await person({ serviceWorkers: 'block' })
  const link = await publish(publisher, first.url, { files: [path] })
  // A new document has no such property.
  await publisher.evaluate(() => Object.assign(window, { same: true }))
  await first.stop('SIGKILL')
  const notice = publisher.getByText('The server cannot be reached.')
  for (const name of ['Library', 'Repair', 'Tabseed', 'Status of this server', 'Language']) {
    if (name === 'Language') await publisher.locator('header').getByLabel(name).selectOption('Deutsch')
    else await publisher.getByText(name, { exact: true }).first().click()
    await notice.first().waitFor()
    expect(publisher.url()).toBe(link)
  }
  await publisher.getByText('Library', { exact: true }).first().click()
  await using second = await startServer(['--data', data.path, '--port', new URL(first.url).port])
  await publisher.waitForURL(`${second.url}/library`)
  await notice.waitFor({ state: 'hidden' })
  expect(await publisher.evaluate(() => 'same' in window)).toBe(true)
  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done', 60_000)
  expect(sha256File(await save(reader, /^Save/, folder.path))).toBe(sha256File(path))
})
