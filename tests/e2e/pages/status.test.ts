import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { publish, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const { folder, person, server } = setStage()

/** Publish a new file called `name`; resolves with its info hash. */
async function publishNew(page: Page, name: string): Promise<string> {
  writeTree(folder.path, { [name]: noise(200_000, name.length) })
  return (await publish(page, server.url, { files: [join(folder.path, name)] })).slice(-40)
}

const row = (page: Page, infoHash: string) => page.locator(`tr[data-share="${infoHash}"]`)

it('shows who comes, who has it and who goes, by itself', async () => {
  const watcher = await person()
  await watcher.goto(`${server.url}/status`)
  await watcher.getByText('No share is listed').waitFor()
  const publisher = await person()
  const infoHash = await publishNew(publisher, 'watched.bin')
  await row(watcher, infoHash).and(watcher.locator('[data-complete="1"]')).waitFor()
  expect(await row(watcher, infoHash).textContent()).toContain('watched.bin')

  const reader = await person()
  await startDownload(reader, `${server.url}/d/${infoHash}`)
  await waitForState(reader, 'done')
  await row(watcher, infoHash).and(watcher.locator('[data-complete="2"][data-downloaded="1"]')).waitFor()
  await publisher.close()
  await reader.close()
  await row(watcher, infoHash).and(watcher.locator('[data-complete="0"]')).waitFor()

  await watcher.getByRole('link', { name: 'History of watched.bin' }).click()
  await watcher.locator(`[data-history="${infoHash}"]`).waitFor()
  await watcher.getByText('The numbers as a table').click()
  expect(await watcher.getByRole('table').textContent()).toMatch(/200\skB/)
})

it('sorts, by keyboard too, and stays sorted while numbers change', async () => {
  const publisher = await person()
  const [a, b] = [await publishNew(publisher, 'aa sorted.bin'), await publishNew(publisher, 'zz sorted.bin')]
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
  await publisher.close()
  await row(page, b).and(page.locator('[data-complete="0"]')).waitFor()
  expect(await isBefore()).toBe(false)
})

it('leaves out what its publisher does not want there, until they do', async () => {
  const publisher = await person()
  writeTree(folder.path, { 'quiet.bin': noise(100_000, 5) })
  await publisher.goto(server.url)
  await publisher.locator('input[type=file]').first().setInputFiles(join(folder.path, 'quiet.bin'))
  await publisher.getByRole('switch', { name: 'Show it on the status page' }).click()
  await publisher.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(publisher, 'seeding')
  const infoHash = publisher.url().slice(-40)
  const watcher = await person()
  await watcher.goto(`${server.url}/status/${infoHash}`)
  await watcher.getByText('There is nothing at this address').waitFor()
  await watcher.goto(`${server.url}/status`)
  expect(await row(watcher, infoHash).count()).toBe(0)

  await publisher.getByRole('button', { name: 'Edit' }).click()
  await publisher.getByRole('switch', { name: 'Show it on the status page' }).click()
  await publisher.getByRole('button', { name: 'Apply' }).click()
  await row(watcher, infoHash).waitFor()
})

it('is whole without scripts', async () => {
  const infoHash = await publishNew(await person(), 'plain.bin')
  const page = await person({ javaScriptEnabled: false })
  await page.goto(server.url)
  await page.getByRole('link', { name: 'Status of this server' }).click()
  await row(page, infoHash).and(page.locator('[data-complete="1"]')).waitFor()
  await page.getByRole('columnheader', { name: 'Downloading' }).getByRole('link').click()
  await page.locator('th[aria-sort=descending]').waitFor()
  await page.getByRole('link', { name: 'History of plain.bin' }).click()
  expect(await page.locator('[data-plot=still] svg').count()).toBe(3)
})

it('has a feed that is well-formed, whatever shares are called', async () => {
  writeTree(folder.path, { 'tree/a.bin': noise(1_000, 1), 'tree/b.bin': noise(1_000, 2) })
  const publisher = await person()
  await publisher.goto(server.url)
  const tree = publisher.locator('input[type=file][webkitdirectory]').first()
  await tree.setInputFiles(join(folder.path, 'tree'))
  await publisher.getByText('More options').click()
  await publisher.getByLabel('Title').fill(']]> & <b> \u0007 \ud800 "quoted" \u202e')
  await publisher.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(publisher, 'seeding')
  const infoHash = publisher.url().slice(-40)
  await publisher.goto(`${server.url}/status`)
  const found = await publisher.evaluate(async () => {
    const url = document.querySelector<HTMLLinkElement>('link[type="application/atom+xml"]')?.href ?? ''
    const feed = new DOMParser().parseFromString(await (await fetch(url)).text(), 'application/xml')
    const texts = (name: string) => [...feed.getElementsByTagName(name)].map(one => one.textContent)
    return { root: feed.documentElement.localName, errors: texts('parsererror'), ids: texts('id') }
  })
  expect(found).toMatchObject({ root: 'feed', errors: [] })
  expect(found.ids).toContain(`urn:btih:${infoHash}`)
})
