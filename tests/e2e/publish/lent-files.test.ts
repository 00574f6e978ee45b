import { appendFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { counter, publish, startDownload, waitForState } from '../../support/browser/pages.ts'
import {
  onPublications,
  piecesChecked,
  restorePanel,
  SPOT_CHECK_MAX,
  seeding,
} from '../../support/browser/restore.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const MB = 1024 * 1024

const stage = setStage()
const { folder, person, server } = stage
const { publishDropped, writeFile } = onPublications(stage)

describe('a lent file, while it is shared,', () => {
  it('is named when it was edited', { tags: 'long' }, async () => {
    const file = writeFile('edited while shared.bin', 8 * MB, 14)
    const [publisher, reader] = [await person(), await person()]
    const link = await publishDropped(publisher, file)
    appendFileSync(file, 'more')
    await startDownload(reader, link)
    await waitForState(publisher, 'error')
    await restorePanel(publisher, 'changed').getByText('edited while shared.bin').waitFor()
    await restorePanel(publisher, 'changed').getByRole('button', { name: 'Publish as a new share' }).click()
    // The name of the other button begins as this one's does.
    await publisher.getByRole('button', { name: 'Publish 8.39 MB' }).click()
    await waitForState(publisher, 'seeding')
    expect(publisher.url()).not.toBe(link)
  })

  it('is asked for when it was deleted', { tags: 'long' }, async () => {
    const file = writeFile('deleted while shared.bin', 8 * MB, 15)
    const [publisher, reader] = [await person(), await person()]
    const link = await publishDropped(publisher, file)
    rmSync(file)
    await startDownload(reader, link)
    await waitForState(publisher, 'error')
    await restorePanel(publisher, 'needs-files').waitFor()
    expect(await counter(reader, 'downloaded')).toBeLessThan(8 * MB)
  })

  it('is shared again by itself when only its date changed', { tags: 'long' }, async () => {
    const file = writeFile('touched while shared.bin', 2 * MB, 16)
    const [publisher, reader] = [await person(), await person()]
    const link = await publishDropped(publisher, file)
    utimesSync(file, new Date(), new Date(Date.now() - 86_400_000))
    await startDownload(reader, link)
    await waitForState(reader, 'done')
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeGreaterThan(SPOT_CHECK_MAX)
  })
})

/** Names of the handles in the saved record of a publication. */
const savedHandles = (page: Page, link: string) =>
  page.evaluate(async infoHash => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open('tabseed-kept-shares')
      opening.onsuccess = () => resolve(opening.result)
      opening.onerror = () => reject(opening.error)
    })
    const record = await new Promise<Record<'folders' | 'sources', { name: string; handle?: unknown }[]>>(
      (resolve, reject) => {
        const reading = database.transaction('shares').objectStore('shares').get(infoHash)
        reading.onsuccess = () => resolve(reading.result)
        reading.onerror = () => reject(reading.error)
      },
    )
    database.close()
    return {
      folders: record.folders.map(({ name }) => name),
      files: record.sources.map(({ handle }) => handle),
    }
  }, link.slice(-40))

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

  it('goes on after a reload without a click; stays paused; does not come back once the person stopped it', async () => {
    const [publisher, reader] = [await person(), await person()]
    const link = await publishLent(publisher, 'lent.bin', MB)
    await publisher.reload()
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeLessThanOrEqual(SPOT_CHECK_MAX)
    await startDownload(reader, link)
    await waitForState(reader, 'done')

    await publisher.getByRole('button', { name: 'Pause' }).first().click()
    await waitForState(publisher, 'paused')
    await publisher.reload()
    await waitForState(publisher, 'paused')
    expect(await seeding(publisher).count()).toBe(0)
    await publisher
      .getByRole('button', { name: /Resume|Go on/ })
      .first()
      .click()
    await waitForState(publisher, 'seeding')

    await publisher.getByRole('button', { name: 'Stop sharing' }).click()
    await publisher.getByRole('alertdialog').getByRole('button', { name: 'Stop sharing' }).click()
    await publisher.waitForURL(`${server.url}/`)
    expect((await publisher.goto(link))?.status()).toBe(404)
  })

  it('goes on after each reload with a folder that was dropped, of which only the folder is saved', async () => {
    const source = join(folder.path, 'dropped')
    writeTree(source, { 'a.bin': noise(MB, 12), 'b/c.bin': noise(MB, 13) })
    const publisher = await person()
    const link = await publishDropped(publisher, source)
    for (let reload = 0; reload < 2; reload++) {
      expect(await savedHandles(publisher, link)).toEqual({ folders: ['dropped'], files: [null, null] })
      await publisher.reload()
      await waitForState(publisher, 'seeding')
      expect(await piecesChecked(publisher)).toBeLessThanOrEqual(SPOT_CHECK_MAX)
    }
    rmSync(join(source, 'b'), { recursive: true })
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').getByText('b/c.bin').waitFor()
  })

  it('asks where the browser wants a click, and again after a no', async () => {
    const publisher = await person()
    await publishLent(publisher, 'asked.bin', MB)
    // Headless browsers have no permission prompt: the person's answers, in its place.
    await publisher.addInitScript(() => {
      const answers: PermissionState[] = ['prompt', 'granted']
      let state: PermissionState = 'prompt'
      let asked = 0
      FileSystemHandle.prototype.queryPermission = async () => state
      FileSystemHandle.prototype.requestPermission = async () => {
        Object.assign(globalThis, { asked: ++asked })
        if (!navigator.userActivation.isActive) throw new DOMException('no click', 'SecurityError')
        state = answers.shift() ?? 'denied'
        return state
      }
    })
    await publisher.reload()
    const goOn = restorePanel(publisher, 'needs-permission').getByRole('button', { name: 'Resume sharing' })
    await goOn.click()
    await publisher.locator('[data-restore=checking]').waitFor({ state: 'hidden' })
    await goOn.click()
    await waitForState(publisher, 'seeding')
    await publisher.getByText('Sharing again').waitFor()
    expect(await publisher.evaluate(() => (globalThis as unknown as { asked: number }).asked)).toBe(2)
  })

  it('refuses what is no longer the same, and asks for the file when it is gone', async () => {
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
    expect(await seeding(publisher).count()).toBe(0)

    await publisher.evaluate(async () => {
      await (await navigator.storage.getDirectory()).removeEntry('edited lent.bin')
    })
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    expect(await seeding(publisher).count()).toBe(0)
  })

  it('is paused and limited in the tab that takes over as it was in the one before', {
    tags: 'long',
  }, async () => {
    const publisher = await person()
    const link = await publishLent(publisher, 'handed over.bin', MB)
    await publisher.reload()
    await waitForState(publisher, 'seeding')
    const next = await publisher.context().newPage()
    await next.goto(link)
    await next.getByText('Running in another tab').waitFor()
    await publisher.locator('summary', { hasText: 'Speed limits' }).click()
    await publisher.getByRole('spinbutton', { name: 'Upload limit', exact: true }).fill('2.5')
    await publisher.getByRole('button', { name: 'Pause' }).click()
    await waitForState(publisher, 'paused')
    await publisher.close()
    await next.locator('[data-elsewhere]').waitFor({ state: 'detached' })
    await waitForState(next, 'paused')
    await next.locator('summary', { hasText: 'Speed limits' }).click()
    const limit = next.getByRole('spinbutton', { name: 'Upload limit', exact: true })
    expect(await limit.inputValue()).toBe('2.5')
  })

  it('does not come back when another tab deleted it while this one brought it back', {
    tags: 'long',
  }, async () => {
    const publisher = await person()
    const link = await publishLent(publisher, 'forgotten.bin', MB)
    // Restoring waits until the test resolves `answer`.
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
    expect(await library.locator('[data-share]').count()).toBe(0)
  })
})
