import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const { folder, person, publisher } = setStage()

/** A person whose folder picker gives a real folder that only the page can see. */
async function saver(): Promise<Page> {
  const page = await person()
  await page.addInitScript(() => {
    window.showDirectoryPicker = async () => {
      const root = await navigator.storage.getDirectory()
      return root.getDirectoryHandle('picked', { create: true })
    }
  })
  return page
}

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
  const { link } = await publisher().publish(source)
  const reader = await saver()
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
  const { link } = await publisher().publish(source)
  const reader = await saver()
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
