import { appendFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
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

const MB = 1024 * 1024

/** First, last and six random pieces. */
const SPOT_CHECK_MAX = 8

const { folder, person, server } = setStage()

const restorePanel = (page: Page, state: string): Locator => page.locator(`[data-restore=${state}]`)

/** A file of `size` bytes in the test's folder. */
function writeFile(name: string, size: number, seed: number): string {
  writeTree(folder.path, { [name]: noise(size, seed) })
  return join(folder.path, name)
}

/** Publish, then reload, so that the tab has lost its files. */
async function publishAndReload(page: Page, chosen: Parameters<typeof publish>[2]): Promise<string> {
  const link = await publish(page, server.url, chosen)
  await page.reload()
  await restorePanel(page, 'needs-files').waitFor()
  return link
}

/** Publish what is dropped onto the page, as a file manager drops it: the browser lends those files. */
async function publishDropped(page: Page, path: string): Promise<string> {
  await page.goto(server.url)
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [path], dragOperationsMask: 1 }
  // Before its scripts run, the page does not hear of a drop.
  await page.waitForFunction(() =>
    Object.keys(document.querySelector('input[type=file]') ?? {}).some(key => key.startsWith('__reactProps')),
  )
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 400, data })
  }
  await page.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(page, 'seeding')
  return page.url()
}

const chooseAgain = (page: Page, files: string | string[]): Promise<void> =>
  page.getByLabel('Choose the same files again').and(page.locator('input')).setInputFiles(files)

/** Told a moment after the tab seeds again: what it remembers is on disk by then. */
const piecesChecked = (page: Page): Promise<number> =>
  waitForCounter(page, 'pieces-checked', pieces => pieces > 0)

describe('after a reload, choosing the same files again', () => {
  it('seeds at once after looking at a few pieces, and a waiting reader goes on', async () => {
    const file = writeFile('again.bin', 64 * MB, 1)
    const [publisher, reader] = [await person(), await person()]
    const link = await publish(publisher, server.url, { files: [file] })
    await startDownload(reader, link)
    await waitForCounter(reader, 'downloaded', bytes => bytes > 0)
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await waitForCounter(reader, 'peers', peers => peers === 0)
    expect(await counter(reader, 'downloaded')).toBeLessThan(64 * MB)

    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    const checked = await piecesChecked(publisher)
    expect(checked).toBeLessThanOrEqual(SPOT_CHECK_MAX)
    await waitForState(reader, 'done', 60_000)
    const saved = await save(reader, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(file))
  })

  it('takes a folder, and its files without the folder', async () => {
    const source = join(folder.path, 'trip')
    writeTree(source, { 'a.bin': noise(MB, 2), 'day 1/b.bin': noise(MB, 3), 'day 2/c.bin': noise(10, 4) })
    const publisher = await person()
    await publishAndReload(publisher, { folder: source })
    await publisher
      .getByLabel('Choose the same folder again')
      .and(publisher.locator('input'))
      .setInputFiles(source)
    await waitForState(publisher, 'seeding')

    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, [join(source, 'a.bin'), join(source, 'day 1/b.bin')])
    await publisher.getByText('This file was not among the chosen ones').waitFor()
    await publisher.getByText('day 2/c.bin').first().waitFor()
    await chooseAgain(
      publisher,
      ['day 2/c.bin', 'a.bin', 'day 1/b.bin'].map(path => join(source, path)),
    )
    await waitForState(publisher, 'seeding')
  })

  it('accepts a file whose date changed and a renamed one after checking every piece', async () => {
    const file = writeFile('touched.bin', 16 * MB, 5)
    const publisher = await person()
    await publishAndReload(publisher, { files: [file] })
    utimesSync(file, new Date(), new Date(Date.now() - 86_400_000))
    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    const all = await piecesChecked(publisher)
    expect(all).toBeGreaterThan(SPOT_CHECK_MAX)

    // The new date was noted: the next time a spot check is enough.
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeLessThanOrEqual(SPOT_CHECK_MAX)

    const renamed = join(folder.path, 'other name.bin')
    renameSync(file, renamed)
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, renamed)
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBe(all)
  })

  it('refuses a changed file by name and publishes it as a new share with the words of the old one', async () => {
    const source = join(folder.path, 'edited')
    writeTree(source, { 'kept.bin': noise(2 * MB, 6), 'edited.bin': noise(2 * MB, 7) })
    const publisher = await person()
    await publisher.goto(server.url)
    await publisher.locator('input[type=file][webkitdirectory]').first().setInputFiles(source)
    await publisher.getByText('More options').click()
    await publisher.getByLabel('Title').fill('A fine title')
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    const link = publisher.url()
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    const edited = noise(2 * MB, 7)
    // Same size, one byte another.
    edited.set([255 - (edited[MB] ?? 0)], MB)
    writeFileSync(join(source, 'edited.bin'), edited)
    await publisher
      .getByLabel('Choose the same folder again')
      .and(publisher.locator('input'))
      .setInputFiles(source)
    const refused = restorePanel(publisher, 'changed')
    await refused.getByRole('listitem').filter({ hasText: 'edited.bin' }).waitFor()
    expect(await refused.getByRole('listitem').count()).toBe(1)
    expect(await publisher.locator('[data-share][data-state=seeding]').count()).toBe(0)

    await refused.getByRole('button', { name: 'Publish as a new share' }).click()
    await publisher.getByRole('heading', { name: 'edited' }).waitFor()
    await publisher.getByText('More options').click()
    expect(await publisher.getByLabel('Title').inputValue()).toBe('A fine title')
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    expect(publisher.url()).not.toBe(link)
  })

  it('refuses a file of another size without reading it', async () => {
    const file = writeFile('grown.bin', 4 * MB, 8)
    const publisher = await person()
    await publishAndReload(publisher, { files: [file] })
    appendFileSync(file, 'more')
    await chooseAgain(publisher, file)
    await restorePanel(publisher, 'changed').getByText('grown.bin').waitFor()
  })

  it('recognises the files by their bytes where the browser lost its record', async () => {
    const file = writeFile('evicted.bin', 16 * MB, 9)
    const publisher = await person()
    await publish(publisher, server.url, { files: [file] })
    await publisher.evaluate(() => indexedDB.deleteDatabase('tabseed-kept-shares') && undefined)
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeGreaterThan(SPOT_CHECK_MAX)
  })
})

it('is not downloaded over its own record, unless the person says that the files are lost', async () => {
  const file = writeFile('own.bin', 4 * MB, 17)
  const [publisher, reader] = [await person(), await person()]
  const link = await publish(publisher, server.url, { files: [file] })
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  await publisher.reload()
  await restorePanel(publisher, 'needs-files').waitFor()
  const download = publisher.getByRole('button', { name: /^Download/ })
  await download.waitFor({ state: 'detached' })
  await chooseAgain(publisher, file)
  await waitForState(publisher, 'seeding')

  await publisher.reload()
  await publisher.getByRole('button', { name: 'I no longer have these files' }).click()
  await download.click()
  await waitForState(publisher, 'done')
})

describe('a file that changes while it is shared', () => {
  it('can be put back, and the same link goes on', async () => {
    const file = writeFile('moved.bin', 8 * MB, 10)
    const [publisher, reader] = [await person(), await person()]
    const link = await publish(publisher, server.url, { files: [file] })
    const elsewhere = `${file}.away`
    renameSync(file, elsewhere)
    await startDownload(reader, link)
    await waitForState(publisher, 'error')
    await restorePanel(publisher, 'needs-files').waitFor()
    renameSync(elsewhere, file)
    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    await waitForState(reader, 'done')
  })
})

describe('a lent file, while it is shared,', () => {
  it('is named when it was edited', async () => {
    const file = writeFile('edited while shared.bin', 8 * MB, 14)
    const [publisher, reader] = [await person(), await person()]
    const link = await publishDropped(publisher, file)
    appendFileSync(file, 'more')
    await startDownload(reader, link)
    await waitForState(publisher, 'error')
    await restorePanel(publisher, 'changed').getByText('edited while shared.bin').waitFor()
    await restorePanel(publisher, 'changed').getByRole('button', { name: 'Publish as a new share' }).click()
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    expect(publisher.url()).not.toBe(link)
  })

  it('is asked for when it was deleted', async () => {
    const file = writeFile('deleted while shared.bin', 8 * MB, 15)
    const [publisher, reader] = [await person(), await person()]
    const link = await publishDropped(publisher, file)
    rmSync(file)
    await startDownload(reader, link)
    await waitForState(publisher, 'error')
    await restorePanel(publisher, 'needs-files').waitFor()
  })

  it('is shared again by itself when only its date changed', async () => {
    const file = writeFile('touched while shared.bin', 8 * MB, 16)
    const [publisher, reader] = [await person(), await person()]
    const link = await publishDropped(publisher, file)
    utimesSync(file, new Date(), new Date(Date.now() - 86_400_000))
    await startDownload(reader, link)
    await waitForState(reader, 'done')
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeGreaterThan(SPOT_CHECK_MAX)
  })
})

describe('with files that the browser lends (real handles, from its private file system)', () => {
  /** Publish from a file the page got with a handle, as a picker gives it. */
  async function publishLent(page: Page, name: string, size: number): Promise<string> {
    const file = writeFile(name, size, 11)
    const link = await publish(page, server.url, { files: [file] })
    await page.evaluate(
      async ([fileName, infoHash, bytes]) => {
        const root = await navigator.storage.getDirectory()
        const handle = await root.getFileHandle(fileName, { create: true })
        const writable = await handle.createWritable()
        await writable.write(Uint8Array.from(atob(bytes), char => char.charCodeAt(0)))
        await writable.close()
        const { lastModified } = await handle.getFile()
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const opening = indexedDB.open('tabseed-kept-shares')
          opening.onsuccess = () => resolve(opening.result)
          opening.onerror = () => reject(opening.error)
        })
        const shares = database.transaction('shares', 'readwrite').objectStore('shares')
        await new Promise<void>((resolve, reject) => {
          const reading = shares.get(infoHash)
          reading.onsuccess = () => {
            const sources = [{ ...reading.result.sources[0], lastModified, handle }]
            const writing = shares.put({ ...reading.result, sources }, infoHash)
            writing.onsuccess = () => resolve()
            writing.onerror = () => reject(writing.error)
          }
        })
        database.close()
      },
      [name, link.slice(-40), Buffer.from(noise(size, 11)).toString('base64')] as const,
    )
    rmSync(file)
    return link
  }

  it('goes on after a reload without a click', async () => {
    const [publisher, reader] = [await person(), await person()]
    const link = await publishLent(publisher, 'lent.bin', 4 * MB)
    await publisher.reload()
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeLessThanOrEqual(SPOT_CHECK_MAX)
    await startDownload(reader, link)
    await waitForState(reader, 'done')
  })

  it('goes on after a reload with a folder that was dropped', async () => {
    const source = join(folder.path, 'dropped')
    writeTree(source, { 'a.bin': noise(MB, 12), 'b/c.bin': noise(MB, 13) })
    const publisher = await person()
    await publishDropped(publisher, source)
    await publisher.reload()
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeLessThanOrEqual(SPOT_CHECK_MAX)
  })

  it('asks where the browser wants a click, and again after a no', async () => {
    const publisher = await person()
    await publishLent(publisher, 'asked.bin', MB)
    // Headless browsers have no permission prompt: the person's answers, in its place.
    await publisher.addInitScript(() => {
      const answers: PermissionState[] = ['prompt', 'granted']
      let state: PermissionState = 'prompt'
      FileSystemHandle.prototype.queryPermission = async () => state
      FileSystemHandle.prototype.requestPermission = async () => {
        if (!navigator.userActivation.isActive) throw new DOMException('no click', 'SecurityError')
        state = answers.shift() ?? 'denied'
        return state
      }
    })
    await publisher.reload()
    const goOn = restorePanel(publisher, 'needs-permission').getByRole('button', { name: 'Go on sharing' })
    await goOn.click()
    await publisher.locator('[data-restore=checking]').waitFor({ state: 'hidden' })
    await goOn.click()
    await waitForState(publisher, 'seeding')
    await publisher.getByText('Sharing goes on').waitFor()
  })

  it('refuses what is no longer the same', async () => {
    const publisher = await person()
    await publishLent(publisher, 'edited lent.bin', MB)
    await publisher.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const handle = await root.getFileHandle('edited lent.bin')
      const writable = await handle.createWritable()
      await writable.write('something else')
      await writable.close()
    })
    await publisher.reload()
    await restorePanel(publisher, 'changed').getByText('edited lent.bin').waitFor()
  })

  it('asks for the file when it is gone', async () => {
    const publisher = await person()
    await publishLent(publisher, 'gone.bin', MB)
    await publisher.evaluate(async () => {
      await (await navigator.storage.getDirectory()).removeEntry('gone.bin')
    })
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
  })

  it('stays paused when the person paused it', async () => {
    const publisher = await person()
    await publishLent(publisher, 'paused.bin', MB)
    await publisher.getByRole('button', { name: 'Pause' }).first().click()
    await waitForState(publisher, 'paused')
    await publisher.reload()
    await waitForState(publisher, 'paused')
    await publisher
      .getByRole('button', { name: /Resume|Go on/ })
      .first()
      .click()
    await waitForState(publisher, 'seeding')
  })

  it('is paused and limited in the tab that takes over as it was in the one before', async () => {
    const publisher = await person()
    const link = await publishLent(publisher, 'handed over.bin', MB)
    await publisher.reload()
    await waitForState(publisher, 'seeding')
    const next = await publisher.context().newPage()
    await next.goto(link)
    await next.getByText('Running in another tab').waitFor()
    await publisher.locator('summary', { hasText: 'Limits' }).click()
    await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('2.5')
    await publisher.getByRole('button', { name: 'Pause' }).click()
    await waitForState(publisher, 'paused')
    await publisher.close()
    await next.locator('[data-elsewhere]').waitFor({ state: 'detached' })
    await waitForState(next, 'paused')
    await next.locator('summary', { hasText: 'Limits' }).click()
    const limit = next.getByRole('spinbutton', { name: 'Upload limit', exact: true })
    expect(await limit.inputValue()).toBe('2.5')
  })

  it('does not come back when another tab deleted it while this one brought it back', async () => {
    const publisher = await person()
    const link = await publishLent(publisher, 'forgotten.bin', MB)
    // Bringing it back waits until the test lets it go on.
    const answer = Promise.withResolvers<void>()
    await publisher.context().route('**/api/ice', async route => {
      await answer.promise
      await route.continue()
    })
    const asked = publisher.waitForRequest('**/api/ice')
    await publisher.reload()
    await asked
    const library = await publisher.context().newPage()
    await library.goto(`${server.url}/library`)
    const row = library.locator(`[data-share="${link.slice(-40)}"]`)
    await row.getByRole('button', { name: /^Delete/ }).click()
    await library.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await row.waitFor({ state: 'detached' })
    answer.resolve()
    await restorePanel(publisher, 'needs-files').waitFor()
    await library.reload()
    await library.locator('[data-library="0"]').waitFor()
  })

  it('does not come back once the person stopped it', async () => {
    const publisher = await person()
    const link = await publishLent(publisher, 'stopped.bin', MB)
    await publisher.reload()
    await waitForState(publisher, 'seeding')
    await publisher.getByRole('button', { name: 'Stop sharing' }).click()
    await publisher.getByRole('alertdialog').getByRole('button', { name: 'Stop sharing' }).click()
    await publisher.waitForURL(`${server.url}/`)
    expect((await publisher.goto(link))?.status()).toBe(404)
  })
})
