import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { watchHealth } from '../../support/browser/chromium.ts'
import { shareOf, startDownload, waitForState } from '../../support/browser/pages.ts'
import { look as lookAt, TWO_LOOKS } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'
import { listShare } from '../../support/content/shares.ts'

/** Never published: the share page of it is a 404. */
const UNKNOWN = '0123456789abcdef0123456789abcdef01234567'

const { folder, person, publisher, server } = setStage({ serverArgs: [] })

const tree = () => join(folder.path, 'tree')
const third = () => join(folder.path, 'third.bin')
let link: string
beforeAll(async () => {
  writeTree(folder.path, {
    'tree/a/first.txt': 'first',
    'tree/b/second.bin': noise(200_000, 4),
    'tree/third.bin': noise(100_000, 5),
    'third.bin': noise(100_000, 6),
  })
  const share = await publisher().publish(tree())
  link = share.link
  await listShare(server.url, share.metainfo.infoHash, share.ownerKey)
})

const look = (page: Page, view: string) => lookAt(page, view, TWO_LOOKS)

const expectShare = async (page: Page) =>
  expect(await shareOf(page).getAttribute('data-share')).toMatch(/^[0-9a-f]{40}$/)

/** What one person sees on the way, page by page. */
const WAYS: Record<string, (page: Page) => Promise<void>> = {
  async 'publish, review, publisher, interrupted'(page) {
    await page.goto(server.url)
    await page.getByRole('button', { name: 'Choose files' }).waitFor()
    await look(page, 'publish')
    await page.locator('input[type=file][webkitdirectory]').first().setInputFiles(tree())
    const publishButton = page.getByRole('button', { name: /^Publish/ })
    await publishButton.waitFor()
    await look(page, 'review')
    await publishButton.click()
    await waitForState(page, 'seeding')
    await look(page, 'publisher')
    await expectShare(page)
    await page.reload()
    await page.getByRole('button', { name: 'I no longer have these files' }).waitFor()
    await look(page, 'interrupted')
    await expectShare(page)
  },
  async 'reader, done'(page) {
    await page.goto(link)
    await page
      .getByRole('button', { name: /Download/ })
      .first()
      .waitFor()
    await look(page, 'reader')
    await expectShare(page)
    await startDownload(page, link)
    await waitForState(page, 'done')
    await look(page, 'done')
    await expectShare(page)
  },
  async waiting(page) {
    const share = await publisher().publish(third())
    await share.leave()
    await startDownload(page, share.link)
    await page.getByText('Nobody with these files is online').first().waitFor()
    await look(page, 'waiting')
    await expectShare(page)
  },
  async doctor(page) {
    await page.goto(`${server.url}/doctor`)
    await page.locator('[data-doctor=done]').waitFor()
    await page.getByText('How you connect').click()
    await look(page, 'doctor')
  },
  async 'heal, checked'(page) {
    await page.goto(`${server.url}/heal`)
    await page.getByLabel('Your copy').waitFor()
    await look(page, 'heal')
    await page.goto(`${server.url}/heal?share=${link.slice(-40)}`)
    await page.getByLabel('Your copy').setInputFiles(join(tree(), 'b/second.bin'))
    await page.locator('[data-good-pieces]').waitFor()
    await look(page, 'checked')
  },
  async 'status, history'(page) {
    await page.goto(`${server.url}/status?sort=name&order=asc`)
    await page.getByText('What the columns mean').click()
    await look(page, 'status')
    await expectShare(page)
    await page.goto(`${server.url}/status/${link.slice(-40)}?range=month`)
    await page.locator('[data-plot=live]').nth(2).waitFor()
    await page.getByText('The numbers as a table').click()
    await look(page, 'history')
  },
  async 'receive, asked, send, chosen, stopped'(page) {
    await page.goto(server.url)
    await page.getByRole('link', { name: 'Ask somebody for files' }).click()
    await page.getByLabel('What are you asking for?').fill('Photos of the party')
    await look(page, 'receive')
    await page.getByRole('button', { name: 'Make a link' }).click()
    const ask = await page.getByLabel('Link to send you files with').inputValue()
    await look(page, 'asked')
    await page.goto(ask)
    await page.locator('[data-send=ready]').waitFor()
    await look(page, 'send')
    await page.locator('input[type=file][webkitdirectory]').first().setInputFiles(tree())
    await page.getByLabel('Your name').fill('Zoë')
    await look(page, 'chosen')
    await page.goto(`${server.url}/receive`)
    await page.getByRole('button', { name: /^Stop asking/ }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Stop asking' }).click()
    await page.locator('[data-inbox][data-state=ended]').waitFor()
    await look(page, 'stopped')
  },
  async missing(page) {
    await page.goto(`${server.url}/d/${UNKNOWN}`)
    await look(page, 'missing')
  },
}

it.each(Object.keys(WAYS))('%s: accessible, without errors, in both themes and sizes', async way => {
  const page = await person()
  const complaints = watchHealth(page.context(), server.url)
  await WAYS[way]?.(page)
  // Chromium itself reports the 404 of the page that is about one.
  expect(complaints.filter(line => way !== 'missing' || !line.includes('404'))).toEqual([])
})
