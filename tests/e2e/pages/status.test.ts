import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'
import { listShare } from '../../support/content/shares.ts'

const { folder, person, publisher, server } = setStage({ serverArgs: [] })

/** Publish a new file called `name`, listed. */
async function publishNew(name: string) {
  writeTree(folder.path, { [name]: noise(200_000, name.length) })
  const { leave, metainfo, ownerKey } = await publisher().publish(join(folder.path, name))
  await listShare(server.url, metainfo.infoHash, ownerKey)
  return { infoHash: metainfo.infoHash, leave }
}

const row = (page: Page, infoHash: string) => page.locator(`tr[data-share="${infoHash}"]`)

it('shows who comes, who has it and who goes, by itself', async () => {
  const watcher = await person()
  await watcher.goto(`${server.url}/status`)
  await watcher.getByText('No share is listed').waitFor()
  const { infoHash, leave } = await publishNew('watched.bin')
  await row(watcher, infoHash).and(watcher.locator('[data-complete="1"]')).waitFor()
  expect(await row(watcher, infoHash).textContent()).toContain('watched.bin')

  const reader = await person()
  await startDownload(reader, `${server.url}/d/${infoHash}`)
  await waitForState(reader, 'done')
  await row(watcher, infoHash).and(watcher.locator('[data-complete="2"][data-downloaded="1"]')).waitFor()
  await leave()
  await reader.close()
  await row(watcher, infoHash).and(watcher.locator('[data-complete="0"]')).waitFor()

  await watcher.getByRole('link', { name: 'History of watched.bin' }).click()
  await watcher.locator(`[data-history="${infoHash}"]`).waitFor()
  await watcher.getByText('The numbers as a table').click()
  expect(await watcher.getByRole('table').textContent()).toMatch(/200\skB/)
})

it('sorts, by keyboard too, and stays sorted while numbers change', async () => {
  const { infoHash: a } = await publishNew('aa sorted.bin')
  const { infoHash: b, leave } = await publishNew('zz sorted.bin')
  const page = await person()
  await page.goto(`${server.url}/status`)
  const isBefore = async () => {
    const hashes = await page
      .locator('tr[data-share]')
      .evaluateAll(rows => rows.map(one => one.getAttribute('data-share') ?? ''))
    return hashes.indexOf(a) < hashes.indexOf(b)
  }
  const head = page.getByRole('columnheader', { name: 'Name' })
  await head.getByRole('link').press('Enter')
  await page.locator('th[aria-sort=ascending]').waitFor()
  expect(await isBefore()).toBe(true)
  await head.getByRole('link').press('Enter')
  await page.locator('th[aria-sort=descending]').waitFor()
  expect(await isBefore()).toBe(false)
  await leave()
  await row(page, b).and(page.locator('[data-complete="0"]')).waitFor()
  expect(await isBefore()).toBe(false)
})

it('leaves out what is published, until its publisher lists it', async () => {
  const owner = await person()
  writeTree(folder.path, { 'quiet.bin': noise(100_000, 5) })
  await owner.goto(server.url)
  await owner.locator('input[type=file]').first().setInputFiles(join(folder.path, 'quiet.bin'))
  const mayList = owner.getByRole('switch', { name: 'List publicly' })
  expect(await mayList.getAttribute('aria-checked')).toBe('false')
  await owner.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(owner, 'seeding')
  const infoHash = owner.url().slice(-40)
  const watcher = await person()
  await watcher.goto(`${server.url}/status/${infoHash}`)
  await watcher.getByText('There is nothing at this address').waitFor()
  await watcher.goto(`${server.url}/status`)
  expect(await row(watcher, infoHash).count()).toBe(0)

  await owner.getByRole('button', { name: 'Edit' }).click()
  await owner.getByRole('switch', { name: 'List publicly' }).click()
  await owner.getByRole('button', { name: 'Apply' }).click()
  await row(watcher, infoHash).waitFor()
})

it('is whole without scripts', async () => {
  const { infoHash } = await publishNew('plain.bin')
  const page = await person({ javaScriptEnabled: false })
  await page.goto(server.url)
  await page.getByRole('link', { name: 'Status of this server' }).click()
  await row(page, infoHash).and(page.locator('[data-complete="1"]')).waitFor()
  await page.getByRole('columnheader', { name: 'Downloading' }).getByRole('link').click()
  await page.locator('th[aria-sort=descending]').waitFor()
  await page.getByRole('link', { name: 'History of plain.bin' }).click()
  const plots = page.locator('[data-plot=still] svg')
  await plots.nth(2).waitFor()
  expect(await plots.count()).toBe(3)
})

it('has a feed that is well-formed, whatever shares are called', async () => {
  writeTree(folder.path, { 'tree/a.bin': noise(1_000, 1), 'tree/b.bin': noise(1_000, 2) })
  const owner = await person()
  await owner.goto(server.url)
  const tree = owner.locator('input[type=file][webkitdirectory]').first()
  await tree.setInputFiles(join(folder.path, 'tree'))
  await owner.getByRole('switch', { name: 'List publicly' }).click()
  await owner.getByText('More options').click()
  await owner.getByLabel('Title').fill(']]> & <b> \u0007 \ud800 "quoted" \u202e')
  await owner.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(owner, 'seeding')
  const infoHash = owner.url().slice(-40)
  await owner.goto(`${server.url}/status`)
  const found = await owner.evaluate(async () => {
    const url = document.querySelector<HTMLLinkElement>('link[type="application/atom+xml"]')?.href ?? ''
    const feed = new DOMParser().parseFromString(await (await fetch(url)).text(), 'application/xml')
    const texts = (name: string) => [...feed.getElementsByTagName(name)].map(one => one.textContent)
    return { root: feed.documentElement.localName, errors: texts('parsererror'), ids: texts('id') }
  })
  expect(found).toMatchObject({ root: 'feed', errors: [] })
  expect(found.ids).toContain(`urn:btih:${infoHash}`)
})
