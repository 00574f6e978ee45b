import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { shareSchema } from '../../../lib/protocol/share.ts'
import { counter, publish, save, storedShares, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, sha256Tree, writeTree } from '../../support/content/fixtures.ts'
import { torrentNamed } from '../../support/content/shares.ts'

const MB = 1024 * 1024
/** Of the bad pieces' bytes, on top: headers and a piece that two peers were asked for. */
const OVERHEAD = 1.02

const { folder, person, server } = setStage()

/** Publish `content` under `name`; the publisher's page, the file, its link and piece length. */
async function published(name: string, content: Uint8Array) {
  writeTree(folder.path, { [`original/${name}`]: content })
  const file = join(folder.path, 'original', name)
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [file] })
  return { publisher, file, link, pieceLength: await pieceLengthOf(link) }
}

async function pieceLengthOf(link: string): Promise<number> {
  const response = await fetch(`${server.url}/api/shares/${link.slice(-40)}`)
  return shareSchema.parse(await response.json()).pieceLength
}

/** A copy of `content` with one byte flipped in each of these pieces. */
function damaged(content: Uint8Array, pieceLength: number, pieces: readonly number[]): Uint8Array {
  const copy = content.slice()
  for (const piece of pieces) copy[piece * pieceLength + 7] = 255 - (copy[piece * pieceLength + 7] ?? 0)
  return copy
}

function writeCopy(name: string, content: Uint8Array): string {
  writeTree(folder.path, { [`copy/${name}`]: content })
  return join(folder.path, 'copy', name)
}

/** The repair page for a share, with this copy chosen. */
async function checkAgainst(page: Page, link: string, files: string | string[]): Promise<void> {
  await page.goto(`${server.url}/heal?share=${link.slice(-40)}`)
  await page.getByLabel('Your copy').setInputFiles(files)
}

const report = (page: Page): Locator => page.locator('[data-good-pieces]').first()

async function pieces(page: Page): Promise<{ good: number; bad: number }> {
  await report(page).waitFor()
  const read = async (name: string) => Number(await report(page).getAttribute(name))
  return { good: await read('data-good-pieces'), bad: await read('data-bad-pieces') }
}

/** Press the repair button and keep the single file that is saved by itself. */
async function repairAsNew(page: Page, name = /^Repair: /): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 60_000 }),
    page.getByRole('button', { name }).click(),
  ])
  const path = join(folder.path, 'repaired', download.suggestedFilename())
  await download.saveAs(path)
  return path
}

describe('a damaged file', () => {
  it('of 100 MB with flipped bytes and its tail cut is repaired with nothing but its bad pieces', async () => {
    const content = noise(100 * MB, 1)
    const { publisher, file, link, pieceLength } = await published('big.bin', content)
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
    const fetched = await counter(publisher, 'uploaded')
    expect(fetched).toBeGreaterThanOrEqual(bad * pieceLength)
    expect(fetched).toBeLessThanOrEqual(bad * pieceLength * OVERHEAD)
    expect(await counter(healer, 'downloaded')).toBe(bad * pieceLength)
    // Saving again is possible as long as the page stays.
    expect(sha256File(await save(healer, /^Save/, folder.path))).toBe(sha256File(file))
  })

  it('keeps a large patch on disk, and none of it afterwards', async () => {
    const content = noise(64 * MB, 2)
    const { file, link } = await published('half.bin', content)
    const copy = writeCopy('half.bin', content.subarray(0, 20 * MB))
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
    const { publisher, file, link } = await published('long.bin', content)
    const copy = writeCopy('long.bin', Buffer.concat([content, noise(MB, 4)]))
    const healer = await person()
    await checkAgainst(healer, link, copy)
    expect((await pieces(healer)).bad).toBe(0)
    await healer.getByText('there are more after the end').waitFor()
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
    expect(await counter(publisher, 'uploaded')).toBe(0)
  })

  it('with holes gets them filled', async () => {
    const content = noise(16 * MB, 5)
    const { publisher, file, link, pieceLength } = await published('holes.bin', content)
    const holes = content.slice().fill(0, 2 * MB, 6 * MB)
    const healer = await person()
    await checkAgainst(healer, link, writeCopy('holes.bin', holes))
    expect((await pieces(healer)).bad).toBe((4 * MB) / pieceLength)
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
    expect(await counter(publisher, 'uploaded')).toBeLessThanOrEqual(4 * MB * OVERHEAD)
  })

  it('is repaired as it lies there where the browser lends it', async () => {
    const content = noise(16 * MB, 6)
    const { publisher, link, pieceLength } = await published('lent.bin', content)
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
    expect(await counter(publisher, 'uploaded')).toBeLessThanOrEqual(2 * pieceLength * OVERHEAD)
  })

  it('that changes during its repair is not saved', async () => {
    const content = noise(8 * MB, 8)
    const { link, pieceLength, publisher } = await published('moving.bin', content)
    const copy = writeCopy('moving.bin', damaged(content, pieceLength, [2]))
    const healer = await person()
    await checkAgainst(healer, link, copy)
    await pieces(healer)
    // Nobody has the missing piece until the publisher goes on.
    await publisher.close()
    await healer.getByRole('button', { name: /^Repair: / }).click()
    await waitForState(healer, 'waiting')
    writeFileSync(copy, noise(8 * MB, 9))
    const again = await person()
    await publish(again, server.url, { files: [join(folder.path, 'original', 'moving.bin')] })
    await healer.locator('[data-error=copy_changed]').waitFor()
    expect(await healer.locator('[data-saved]').count()).toBe(0)
    expect(await healer.getByRole('button', { name: /^Save/ }).count()).toBe(0)
  })
})

describe('a check', () => {
  it('of a good copy says so and offers no repair', async () => {
    const { file, link } = await published('good.bin', noise(4 * MB, 10))
    const copy = join(folder.path, 'other name.bin')
    copyFileSync(file, copy)
    const checker = await person()
    await checkAgainst(checker, link, copy)
    expect((await pieces(checker)).bad).toBe(0)
    await checker.getByText('Your copy is complete and right').waitFor()
    expect(await checker.getByRole('button', { name: /^Repair/ }).count()).toBe(0)
  })

  it('of a different file says that it is one', async () => {
    const { link } = await published('right.bin', noise(4 * MB, 11))
    const checker = await person()
    await checkAgainst(checker, link, writeCopy('wrong.bin', noise(5 * MB, 12)))
    expect((await pieces(checker)).good).toBe(0)
    await checker.getByText('This does not look like the same file').waitFor()
  })

  it('works with a share that nobody offers here; only the repair does not', async () => {
    const torrent = join(folder.path, 'unknown.torrent')
    writeFileSync(torrent, torrentNamed('unknown'))
    const checker = await person()
    await checker.goto(`${server.url}/heal`)
    await checker.getByLabel('Torrent or link').setInputFiles(torrent)
    await checker.getByLabel('Your copy').setInputFiles(writeCopy('unknown', noise(100, 13)))
    expect(await pieces(checker)).toEqual({ good: 0, bad: 1 })
    await checker.getByRole('button', { name: /^Repair: / }).click()
    // Beside the button.
    await report(checker).locator('[data-error=share_not_offered]').waitFor()
    expect((await pieces(checker)).bad).toBe(1)
  })

  it('takes a pasted link, and refuses what is none', async () => {
    const { file, link } = await published('linked.bin', noise(MB, 14))
    const checker = await person()
    await checker.goto(`${server.url}/heal`)
    await checker.getByLabel('Share link').fill('https://example.org/')
    await checker.getByRole('button', { name: 'Use link' }).click()
    await checker.locator('[data-error=link_invalid]').waitFor()
    await checker.getByLabel('Share link').fill(link)
    await checker.getByRole('button', { name: 'Use link' }).click()
    await checker.getByLabel('Your copy').setInputFiles(file)
    expect((await pieces(checker)).bad).toBe(0)
    expect(await checker.locator('[data-error]').count()).toBe(0)

    const other = await published('other link.bin', noise(MB, 16))
    await checker.getByRole('button', { name: 'Use another link' }).click()
    await checker.getByLabel('Share link').fill(other.link)
    await checker.getByRole('button', { name: 'Use link' }).click()
    await checker.getByText('This does not look like the same file').waitFor()
    expect((await pieces(checker)).good).toBe(0)
  })

  it('can be cancelled and made again', async () => {
    const { file, link } = await published('slow.bin', noise(128 * MB, 15))
    const checker = await person()
    // Hashing waits until the test lets it go.
    await checker.addInitScript(() => {
      const post = Worker.prototype.postMessage
      Object.assign(globalThis, { hold: true })
      Worker.prototype.postMessage = function (this: Worker, ...message: [unknown]) {
        if ((globalThis as { hold?: boolean }).hold) return
        post.apply(this, message)
      }
    })
    await checkAgainst(checker, link, file)
    await checker.locator('[data-heal=checking]').waitFor()
    await checker.getByRole('button', { name: 'Cancel' }).click()
    await checker.locator('[data-heal=choose]').waitFor()
    expect(await report(checker).count()).toBe(0)
    await checker.evaluate(() => Object.assign(globalThis, { hold: false }))
    await checker.getByRole('button', { name: 'Check my copy' }).click()
    expect((await pieces(checker)).bad).toBe(0)
  })
})

describe('a folder', () => {
  const tree = {
    'a.bin': noise(3 * MB, 20),
    'day 1/b.bin': noise(4 * MB, 21),
    'day 2/c.bin': noise(70_001, 22),
  }

  async function publishedTree(name: string) {
    const source = join(folder.path, 'original', name)
    writeTree(source, tree)
    const publisher = await person()
    const link = await publish(publisher, server.url, { folder: source })
    const copy = join(folder.path, 'copy', name)
    cpSync(source, copy, { recursive: true })
    return { publisher, source, link, copy, pieceLength: await pieceLengthOf(link) }
  }

  it('with a missing and a damaged file: both are repaired, and a file that does not belong is named', async () => {
    const { source, link, copy, pieceLength } = await publishedTree('trip')
    rmSync(join(copy, 'a.bin'))
    writeFileSync(join(copy, 'day 1/b.bin'), damaged(tree['day 1/b.bin'], pieceLength, [9]))
    writeFileSync(join(copy, 'extra.txt'), 'mine')
    const healer = await person()
    await healer.goto(`${server.url}/heal?share=${link.slice(-40)}`)
    await healer.getByLabel('Your folder').setInputFiles(copy)
    await pieces(healer)
    expect(await healer.locator('[data-file-state=missing]').textContent()).toContain('a.bin')
    expect(await healer.locator('[data-file-state=damaged]').textContent()).toContain('day 1/b.bin')
    expect(await healer.locator('[data-extra-files]').textContent()).toContain('extra.txt')
    await healer.getByRole('button', { name: /^Repair: / }).click()
    await waitForState(healer, 'done')
    const zip = await save(healer, /^Save everything/, folder.path)
    const unpacked = join(folder.path, 'unpacked')
    execFileSync('python3', ['-m', 'zipfile', '-e', zip, unpacked])
    expect(sha256Tree(join(unpacked, 'trip'))).toEqual(sha256Tree(source))
  })

  it('is repaired as it lies there where the browser lends it, and gets its missing files back', async () => {
    const { link, source, pieceLength } = await publishedTree('lent trip')
    const healer = await person()
    await healer.goto(`${server.url}/heal?share=${link.slice(-40)}`)
    await healer.evaluate(
      async ([a, b]) => {
        const root = await navigator.storage.getDirectory()
        // The share's folder has another name here.
        const trip = await root.getDirectoryHandle('old trip', { create: true })
        const day = await trip.getDirectoryHandle('day 1', { create: true })
        for (const [parent, name, text] of [
          [trip, 'a.bin', a],
          [day, 'b.bin', b],
        ] as const) {
          const writable = await (await parent.getFileHandle(name, { create: true })).createWritable()
          await writable.write(Uint8Array.from(atob(text), char => char.charCodeAt(0)))
          await writable.close()
        }
        Object.assign(window, { showDirectoryPicker: async () => trip })
      },
      [
        Buffer.from(tree['a.bin']).toString('base64'),
        Buffer.from(damaged(tree['day 1/b.bin'], pieceLength, [9])).toString('base64'),
      ] as const,
    )
    await healer.getByLabel('Your folder').click()
    await pieces(healer)
    await healer.getByRole('button', { name: /^Repair in place/ }).click()
    await healer.locator('[data-saved=in-place]').waitFor()
    const digests = await healer.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const trip = await root.getDirectoryHandle('old trip')
      const digest = async (folder: string | null, name: string) => {
        const parent = folder === null ? trip : await trip.getDirectoryHandle(folder)
        const file = await (await parent.getFileHandle(name)).getFile()
        const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
        return Array.from(sha256, byte => byte.toString(16).padStart(2, '0')).join('')
      }
      return {
        'a.bin': await digest(null, 'a.bin'),
        'day 1/b.bin': await digest('day 1', 'b.bin'),
        'day 2/c.bin': await digest('day 2', 'c.bin'),
      }
    })
    expect(digests).toEqual(sha256Tree(source))
  })

  it('of which one file is handed in: only that one is repaired', async () => {
    const { publisher, source, link, copy, pieceLength } = await publishedTree('single')
    truncateSync(join(copy, 'day 1/b.bin'), MB)
    const healer = await person()
    await checkAgainst(healer, link, join(copy, 'day 1/b.bin'))
    const repaired = await repairAsNew(healer)
    expect(sha256File(repaired)).toBe(sha256File(join(source, 'day 1/b.bin')))
    expect(await counter(publisher, 'uploaded')).toBeLessThanOrEqual((3 * MB + 2 * pieceLength) * OVERHEAD)
  })
})

describe('other ways in', () => {
  it('a .torrent and the broken file dropped together', async () => {
    const content = noise(2 * MB, 30)
    const { file, link, pieceLength } = await published('dropped.bin', content)
    const torrent = Buffer.from(
      await (await fetch(`${server.url}/t/${link.slice(-40)}.torrent`)).arrayBuffer(),
    )
    const healer = await person()
    await healer.goto(`${server.url}/heal`)
    await healer.getByLabel('Your copy').waitFor({ state: 'attached' })
    const data = await healer.evaluateHandle(
      ([source, copy]) => {
        const bytes = (text: string) => Uint8Array.from(atob(text), char => char.charCodeAt(0))
        const transfer = new DataTransfer()
        transfer.items.add(new File([bytes(source)], 'dropped.torrent'))
        transfer.items.add(new File([bytes(copy)], 'dropped.bin'))
        return transfer
      },
      [
        torrent.toString('base64'),
        Buffer.from(damaged(content, pieceLength, [0])).toString('base64'),
      ] as const,
    )
    await healer.locator('[data-heal]').dispatchEvent('drop', { dataTransfer: data })
    expect((await pieces(healer)).bad).toBe(1)
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
  })

  it("the share's own page", async () => {
    const content = noise(4 * MB, 31)
    const { file, link, pieceLength } = await published('page.bin', content)
    const healer = await person()
    await healer.goto(link)
    await healer.getByText('Check or repair a copy you have').click()
    await healer
      .getByLabel('Your copy')
      .setInputFiles(writeCopy('page.bin', damaged(content, pieceLength, [3])))
    expect((await pieces(healer)).bad).toBe(1)
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
    await healer.locator('[data-saved=new]').waitFor()
    await waitForState(healer, 'done')
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
