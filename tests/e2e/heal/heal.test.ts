import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { damaged, onRepairPage, pieces } from '../../support/browser/heal.ts'
import { counter, save, storedShares, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File } from '../../support/content/fixtures.ts'
import { sized } from '../../support/long.ts'

const MB = 1024 * 1024
/** Of the bad pieces' bytes, on top: headers and a piece that two peers were asked for. */
const OVERHEAD = 1.02

const stage = setStage()
const { folder, person, publisher, server } = stage
const { checkAgainst, published, repairAsNew, writeCopy } = onRepairPage(stage)

describe('a damaged file', () => {
  it('with flipped bytes and its tail cut is repaired with nothing but its bad pieces', {
    tags: 'sized',
  }, async () => {
    const content = noise(sized({ gate: 8 * MB, long: 100 * MB }), 1)
    const { share, file, link, pieceLength } = await published('big.bin', content)
    const pieceCount = content.length / pieceLength
    const flipped = [0, 17, Math.floor(pieceCount / 2), pieceCount - 20]
    const cut = 3 * pieceLength + 1000
    const copy = writeCopy('big.bin', damaged(content, pieceLength, flipped).subarray(0, -cut))
    const healer = await person()
    await checkAgainst(healer, link, copy)
    const bad = flipped.length + 4
    expect(await pieces(healer)).toEqual({ good: pieceCount - bad, bad })
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
    await waitForState(healer, 'done')
    const fetched = share.uploaded()
    expect(fetched).toBeGreaterThanOrEqual(bad * pieceLength)
    expect(fetched).toBeLessThanOrEqual(bad * pieceLength * OVERHEAD)
    expect(await counter(healer, 'downloaded')).toBe(bad * pieceLength)
    // Saving again is possible as long as the page stays.
    expect(sha256File(await save(healer, /^Save/, folder.path))).toBe(sha256File(file))
  })

  it('keeps a large patch on disk, and none of it afterwards', { tags: 'long' }, async () => {
    // More than 32 MiB to fetch do not stay in memory.
    const content = noise(36 * MB, 2)
    const { file, link } = await published('half.bin', content)
    const copy = writeCopy('half.bin', content.subarray(0, 2 * MB))
    const healer = await person()
    await checkAgainst(healer, link, copy)
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
    await healer.locator('[data-saved=new]').waitFor()
    expect(await storedShares(healer)).toHaveLength(1)
    await healer.getByRole('button', { name: 'Check another copy' }).click()
    await expect.poll(() => storedShares(healer)).toEqual([])
  })

  it('that is longer is cut without fetching anything', async () => {
    const content = noise(8 * MB + 123, 3)
    const { share, file, link } = await published('long.bin', content)
    const copy = writeCopy('long.bin', Buffer.concat([content, noise(MB, 4)]))
    const healer = await person()
    await checkAgainst(healer, link, copy)
    expect((await pieces(healer)).bad).toBe(0)
    await healer.getByText('with extra data at the end').waitFor()
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
    expect(share.uploaded()).toBe(0)
  })

  it('with holes gets them filled', async () => {
    const content = noise(8 * MB, 5)
    const { share, file, link, pieceLength } = await published('holes.bin', content)
    const holes = content.slice().fill(0, 2 * MB, 4 * MB)
    const healer = await person()
    await checkAgainst(healer, link, writeCopy('holes.bin', holes))
    expect((await pieces(healer)).bad).toBe((2 * MB) / pieceLength)
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
    expect(share.uploaded()).toBeLessThanOrEqual(2 * MB * OVERHEAD)
  })

  it('is repaired as it lies there where the browser lends it', { tags: 'long' }, async () => {
    const content = noise(4 * MB, 6)
    const { share, link, pieceLength } = await published('lent.bin', content)
    const healer = await person()
    await healer.goto(`${server.url}/heal?share=${link.slice(-40)}`)
    await lendFile(healer, 'lent.bin', Buffer.concat([damaged(content, pieceLength, [1, 5]), noise(99, 7)]))
    await healer.getByLabel('Your copy').click()
    expect((await pieces(healer)).bad).toBe(2)
    await healer.getByRole('button', { name: /^Repair in place/ }).click()
    await healer.locator('[data-saved=in-place]').waitFor()
    const digest = await healer.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const file = await (await root.getFileHandle('lent.bin')).getFile()
      const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
      return Array.from(sha256, byte => byte.toString(16).padStart(2, '0')).join('')
    })
    expect(digest).toBe(sha256File(join(folder.path, 'original', 'lent.bin')))
    expect(share.uploaded()).toBeLessThanOrEqual(2 * pieceLength * OVERHEAD)
  })

  it('that changes during its repair is not saved', async () => {
    const content = noise(2 * MB, 8)
    const { file, link, pieceLength, share } = await published('moving.bin', content)
    const copy = writeCopy('moving.bin', damaged(content, pieceLength, [2]))
    const healer = await person()
    await checkAgainst(healer, link, copy)
    await pieces(healer)
    // Nobody has the missing piece until the publisher goes on.
    await share.leave()
    await healer.getByRole('button', { name: /^Repair: / }).click()
    await waitForState(healer, 'waiting')
    writeFileSync(copy, noise(2 * MB, 9))
    await publisher().publish(file)
    await healer.locator('[data-error=copy_changed]').waitFor()
    expect(await healer.locator('[data-saved]').count()).toBe(0)
    expect(await healer.getByRole('button', { name: /^Save/ }).count()).toBe(0)
  })
})

/** The browser's picker gives a real handle, of a file in the page's private file system. */
async function lendFile(page: Page, name: string, content: Uint8Array): Promise<void> {
  await page.evaluate(
    async ([fileName, bytes]) => {
      const root = await navigator.storage.getDirectory()
      const handle = await root.getFileHandle(fileName, { create: true })
      const writable = await handle.createWritable()
      await writable.write(Uint8Array.from(atob(bytes), char => char.charCodeAt(0)))
      await writable.close()
      Object.assign(window, { showOpenFilePicker: async () => [handle] })
    },
    [name, Buffer.from(content).toString('base64')] as const,
  )
}
