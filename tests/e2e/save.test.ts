import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { noise, tempFolder, writeTree } from '../support/fixtures.ts'
import { closePerson, newPerson, publish, startDownload, waitForState } from '../support/pages.ts'
import { startServer, type TestServer } from '../support/test-server.ts'

let server: TestServer
let browser: Browser
const folder = tempFolder()
const people: Page[] = []

/** A person whose folder picker gives a real folder that only the page can see. */
async function person(): Promise<Page> {
  const page = await newPerson(browser)
  people.push(page)
  await page.addInitScript(() => {
    window.showDirectoryPicker = async () => {
      const root = await navigator.storage.getDirectory()
      return root.getDirectoryHandle('picked', { create: true })
    }
  })
  return page
}

beforeAll(async () => {
  server = await startServer()
  browser = await launchChromium()
})
afterEach(async () => {
  await Promise.all(people.splice(0).map(closePerson))
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  folder[Symbol.dispose]()
})

/** Every file below the picked folder: path to text, or to its length when it is long. */
const pickedTree = (page: Page) =>
  page.evaluate(async () => {
    const found: Record<string, string | number> = {}
    const walk = async (directory: FileSystemDirectoryHandle, prefix: string) => {
      for await (const [name, entry] of directory.entries()) {
        if (entry.kind === 'directory') await walk(entry as FileSystemDirectoryHandle, `${prefix}${name}/`)
        else {
          const file = await (entry as FileSystemFileHandle).getFile()
          found[prefix + name] = file.size > 1000 ? file.size : await file.text()
        }
      }
    }
    const root = await navigator.storage.getDirectory()
    await walk(await root.getDirectoryHandle('picked', { create: true }), '')
    return found
  })

it('writes a folder below the one that was picked, and overwrites nothing', async () => {
  const source = join(folder.path, 'tree')
  writeTree(source, {
    'a.txt': 'one',
    'deep/er/b.txt': 'two',
    'deep/empty': '',
    'c.bin': noise(3_000_000, 3),
  })
  const link = await publish(await person(), server.url, { folder: source })
  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  const once = {
    'tree/a.txt': 'one',
    'tree/deep/er/b.txt': 'two',
    'tree/deep/empty': '',
    'tree/c.bin': 3_000_000,
  }
  await reader.getByRole('button', { name: /^Save to a folder/ }).click()
  await reader.getByText('Saved in the folder tree.').waitFor()
  expect(await pickedTree(reader)).toEqual(once)

  await reader.getByRole('button', { name: /^Save to a folder/ }).click()
  await reader.getByText('Saved in the folder tree_.').waitFor()
  const again = Object.fromEntries(
    Object.entries(once).map(([path, text]) => [path.replace('tree', 'tree_'), text]),
  )
  expect(await pickedTree(reader)).toEqual({ ...once, ...again })
})

it('leaves nothing behind when it is cancelled', async () => {
  const source = join(folder.path, 'cancelled')
  writeTree(source, { 'a.txt': 'one', 'b.bin': noise(2_000_000, 5), 'c.txt': 'three' })
  const link = await publish(await person(), server.url, { folder: source })
  const reader = await person()
  // A disk that never takes the second file, so that there is something to cancel.
  await reader.addInitScript(() => {
    const create = FileSystemFileHandle.prototype.createWritable
    // From the start: a fast cancel may come before the second file's turn.
    const goOn = new Promise(resolve => addEventListener('go on', resolve))
    FileSystemFileHandle.prototype.createWritable = async function (...options) {
      const writable = await create.apply(this, options)
      if (this.name === 'b.bin') await goOn
      return writable
    }
  })
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  await reader.getByRole('button', { name: /^Save to a folder/ }).click()
  await reader.getByRole('button', { name: 'Cancel saving' }).click()
  await reader.evaluate(() => dispatchEvent(new Event('go on')))
  await reader.getByRole('button', { name: /^Save to a folder/ }).waitFor()
  expect(await pickedTree(reader)).toEqual({})
  expect(await reader.locator('[data-error]').count()).toBe(0)
})
