import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { PHONE, waitForScripts, waitForState } from '../../support/browser/pages.ts'
import { takePicture } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'
import { postTorrent } from '../../support/content/shares.ts'

const { folder, person, publisher, server } = setStage()

/** Of the page of very many files, in milliseconds; where the machine is busy, three times what the page of few files takes. */
const INTERACTIVE_MAX_MS = 3_000

/** Milliseconds from the navigation on until all files can be unchosen, and are. */
async function timeToUse(page: Page, link: string): Promise<number> {
  const began = performance.now()
  await page.goto(link)
  const all = page.getByRole('checkbox', { name: 'All files' })
  await waitForScripts(all)
  await all.click()
  await page.locator('[data-choose-all=false]').waitFor()
  return performance.now() - began
}

/** Publishes the metainfo of `count` files of one byte; resolves with the share. */
async function publishMany(count: number) {
  const files = Array.from({ length: count }, (_, index) => ({ path: [`${index}.txt`], length: 1 }))
  const pieceCount = Math.ceil(count / 16_384)
  const pieces = Buffer.concat(Array.from({ length: pieceCount }, () => createHash('sha1').digest()))
  const infoBytes = encodeInfo({ name: `many ${count}`, pieceLength: 16_384, pieces, private: false, files })
  const answer = await postTorrent(server.url, encodeTorrent({ infoBytes, announceList: [] }))
  return createdShareSchema.parse(await answer.json()).share
}

it('the page of a share of very many files comes without them, and asks for them itself', async () => {
  const share = await publishMany(1_500)
  const html = await (await fetch(share.links.page)).text()
  expect(html).toContain('1,500 files')
  expect(html).not.toContain('1499.txt')

  const page = await person()
  const api = `**/api/shares/${share.infoHash}`
  await page.route(api, route => route.abort())
  await page.goto(share.links.page)
  await page.locator('[data-error=server_unreachable]').waitFor()
  await page.unroute(api)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('button', { name: /^Download/ }).waitFor()
  await page.getByText('0.txt', { exact: true }).waitFor()
})

it('50,000 files: the page is small, can be used within three seconds, and finds one of them', async () => {
  const share = await publishMany(50_000)
  const html = await (await fetch(share.links.page)).text()
  expect(html.length).toBeLessThan(300_000)

  const page = await person()
  const few = await publishMany(150)
  const fewTook = await timeToUse(page, few.links.page)
  const took = await timeToUse(page, share.links.page)
  expect(took).toBeLessThan(Math.max(INTERACTIVE_MAX_MS, 3 * fewTook))
  const download = page.getByRole('button', { name: /^Download/ })
  expect(await download.isDisabled()).toBe(true)

  await page.getByRole('searchbox').fill('4321')
  await page.locator('[data-found="15"]').waitFor()
  await page.getByRole('checkbox', { name: 'Everything found' }).click()
  await page.locator('[data-choose-all=true]').waitFor()
  await page.getByRole('searchbox').fill('43210')
  await page.locator('[data-found="1"]').waitFor()
  await page.getByRole('checkbox', { name: /43210/ }).click()
  await page.getByRole('searchbox').fill('')
  await page.locator('[data-choose-all=indeterminate]').waitFor()
  await page.getByText('14 of 50,000 files chosen').first().waitFor()
  expect(await download.isDisabled()).toBe(false)
  const search = page.getByRole('searchbox')
  await search.fill('no such file')
  await page.getByText('No file has that in its name.').waitFor()
  // Chromium's own cross is blue, and out of reach for the keyboard.
  const clear = page.getByRole('button', { name: 'Clear the field' })
  await takePicture(page, 'search')
  await search.press('Tab')
  await clear.and(page.locator(':focus')).press('Enter')
  expect(await search.and(page.locator(':focus')).inputValue()).toBe('')
  expect(await clear.count()).toBe(0)
})

it('one file of many is got with one tap on a phone, and saved when it is here; then another', async () => {
  const source = join(folder.path, 'album')
  const tracks = Array.from(
    { length: 60 },
    (_, at) => [`disc ${at % 2}/Größe ${at}.bin`, noise(100_000, at)] as const,
  )
  writeTree(source, Object.fromEntries(tracks))
  const { link } = await publisher().publish(source)
  const page = await person(PHONE)
  await page.goto(link)
  const search = page.getByRole('searchbox')
  await waitForScripts(search)
  for (const [at, rest] of [
    [37, false],
    [42, true],
  ] as const) {
    await search.fill(`${at} GRO`)
    await page.locator('[data-found="1"]').waitFor()
    const button = page.getByRole('button', { name: `Get Größe ${at}.bin` })
    const [download] = await Promise.all([page.waitForEvent('download'), button.tap()])
    expect(download.suggestedFilename()).toBe(`Größe ${at}.bin`)
    expect(readFileSync(await download.path())).toEqual(Buffer.from(noise(100_000, at)))
    await waitForState(page, 'done')
    await page
      .getByRole('button', { name: `Save Größe ${at}.bin` })
      .last()
      .waitFor()
    const isSaid = page.locator('[data-saved=file]', { hasText: 'Saved to your downloads' })
    if (!rest) {
      await isSaid.waitFor()
      continue
    }
    await search.fill('')
    await page.getByText('2 of 60 files chosen').waitFor()
    // Of both together nothing is saved.
    await isSaid.waitFor({ state: 'detached' })
  }
})
