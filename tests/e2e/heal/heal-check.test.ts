import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { damaged, onRepairPage, pieces, report } from '../../support/browser/heal.ts'
import { openPanel, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File } from '../../support/content/fixtures.ts'
import { torrentNamed } from '../../support/content/shares.ts'

const MB = 1024 * 1024
/** Of the bad pieces' bytes, on top: headers and a piece that two peers were asked for. */
const _OVERHEAD = 1.02

const stage = setStage()
const { folder, person, server } = stage
const { checkAgainst, published, repairAsNew, writeCopy } = onRepairPage(stage)

describe('a check', () => {
  it('of a good copy says so and offers no repair', async () => {
    const { file, link } = await published('good.bin', noise(4 * MB, 10))
    const copy = join(folder.path, 'other name.bin')
    copyFileSync(file, copy)
    const checker = await person()
    await checkAgainst(checker, link, copy)
    expect((await pieces(checker)).bad).toBe(0)
    await checker.getByText('Your copy is complete and correct').waitFor()
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
    const { file, link } = await published('slow.bin', noise(8 * MB, 15))
    const checker = await person()
    // Hashing waits until the test clears `hold`.
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
    await openPanel(healer, 'Check or repair a copy you have')
    await healer
      .getByLabel('Your copy')
      .setInputFiles(writeCopy('page.bin', damaged(content, pieceLength, [3])))
    expect((await pieces(healer)).bad).toBe(1)
    expect(sha256File(await repairAsNew(healer))).toBe(sha256File(file))
    await healer.locator('[data-saved=new]').waitFor()
    await waitForState(healer, 'done')
  })
})
