import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { writeTree } from '../content/fixtures.ts'
import type { Stage } from './stage.ts'

/** What tests of the repair page do on it, with shares that this process publishes. */
export const onRepairPage = ({ folder, publisher, server }: Stage) => ({
  /** Publish `content` under `name`: the share, its file, link and piece length. */
  async published(name: string, content: Uint8Array) {
    writeTree(folder.path, { [`original/${name}`]: content })
    const file = join(folder.path, 'original', name)
    const share = await publisher().publish(file)
    return { share, file, link: share.link, pieceLength: share.metainfo.pieceLength }
  },

  writeCopy(name: string, content: Uint8Array): string {
    writeTree(folder.path, { [`copy/${name}`]: content })
    return join(folder.path, 'copy', name)
  },

  /** The repair page for a share, with this copy chosen. */
  async checkAgainst(page: Page, link: string, files: string | string[]): Promise<void> {
    await page.goto(`${server.url}/heal?share=${link.slice(-40)}`)
    await page.getByLabel('Your copy').setInputFiles(files)
  },

  /** Press the repair button and keep the single file that is saved by itself. */
  async repairAsNew(page: Page, name = /^Repair: /): Promise<string> {
    const [download] = await Promise.all([
      page.waitForEvent('download', { timeout: 60_000 }),
      page.getByRole('button', { name }).click(),
    ])
    const path = join(folder.path, 'repaired', download.suggestedFilename())
    await download.saveAs(path)
    return path
  },
})

/** A copy of `content` with one byte flipped in each of these pieces. */
export function damaged(content: Uint8Array, pieceLength: number, pieces: readonly number[]): Uint8Array {
  const copy = content.slice()
  for (const piece of pieces) copy[piece * pieceLength + 7] = 255 - (copy[piece * pieceLength + 7] ?? 0)
  return copy
}

/** The result of a check. */
export const report = (page: Page): Locator => page.locator('[data-good-pieces]').first()

export async function pieces(page: Page): Promise<{ good: number; bad: number }> {
  await report(page).waitFor()
  const read = async (name: string) => Number(await report(page).getAttribute(name))
  return { good: await read('data-good-pieces'), bad: await read('data-bad-pieces') }
}
