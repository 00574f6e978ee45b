import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { publish, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { writeHuge } from '../../support/clients/cli.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'
import { sized } from '../../support/long.ts'

/** Never published: the share page of it is a 404. */
const UNKNOWN = '0123456789abcdef0123456789abcdef01234567'

// A name that is not this machine's: the browser then treats the page like one on a plain-http LAN address.
const { folder, person, server } = setStage({
  serverArgs: [],
  browserFlags: ['--host-resolver-rules=MAP share.example 127.0.0.1'],
})

beforeAll(() => {
  writeTree(folder.path, {
    'one.bin': noise(300_000),
    'other/one.bin': 'another file of that name',
    'mine.bin': noise(50_000, 11),
    'titled.bin': noise(300_000, 12),
    'empty.bin': '',
  })
})

const choose = (page: Page, ...names: string[]) =>
  page
    .locator('input[type=file]')
    .first()
    .setInputFiles(names.map(name => join(folder.path, name)))
const publishButton = (page: Page) => page.getByRole('button', { name: /^Publish/ })

describe('the publish page', () => {
  it('says what is wrong with an empty file, and takes a good one afterwards', async () => {
    const page = await person()
    await page.goto(server.url)
    await choose(page, 'empty.bin')
    await page.getByText('There is nothing to publish').waitFor()
    await choose(page, 'one.bin')
    await publishButton(page).waitFor()
    expect(await page.getByText('There is nothing to publish').count()).toBe(0)
    await publishButton(page).click()
    await waitForState(page, 'seeding')
  })

  it('takes files that were chosen before its scripts had come', async () => {
    const page = await person()
    const { promise: chosen, resolve: release } = Promise.withResolvers<void>()
    await page.route('**/*.js', async route => {
      await chosen
      await route.continue()
    })
    await page.goto(server.url, { waitUntil: 'commit' })
    await choose(page, 'one.bin')
    release()
    await publishButton(page).waitFor()
    expect(await publishButton(page).textContent()).toMatch(/300\skB/)
  })

  it('takes files once, at whatever moment of its slow start they are chosen', { tags: 'long' }, async () => {
    // A slowed page keeps its core busy for all of the time it is made to take.
    for (const slowness of sized({ gate: [1, 4], long: [1, 2, 4, 8, 16] })) {
      const page = await person()
      const devtools = await page.context().newCDPSession(page)
      await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowness })
      await page.goto(server.url, { waitUntil: 'commit' })
      await choose(page, 'one.bin')
      await publishButton(page).waitFor()
      expect(await publishButton(page).textContent()).toMatch(/300\skB/)
      expect(await page.locator('main [role=alert]').count()).toBe(0)
      await page.context().close()
    }
  })

  it('renames the second of two files of one name', async () => {
    const page = await person()
    await page.goto(server.url)
    await choose(page, 'one.bin')
    await publishButton(page).waitFor()
    await choose(page, 'other/one.bin')
    await page.locator('[data-renamed="1"]').getByText('one.bin → ').waitFor()
  })

  it('shows names as text, whatever is in them', async () => {
    const page = await person()
    await page.goto(server.url)
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles({
        name: '<img src=x onerror="document.title=1">\u202Egpj.exe',
        mimeType: '',
        buffer: Buffer.from('content'),
      })
    await publishButton(page).click()
    await waitForState(page, 'seeding')
    expect(await page.locator('main img[src=x]').count()).toBe(0)
    expect(await page.locator('h1').textContent()).toContain('<img src=x')
    expect(await page.locator('h1').textContent()).not.toContain('\u202E')
  })

  it('cancels hashing and keeps the selection', async () => {
    const page = await person()
    await page.goto(server.url)
    // Takes longer to hash than any machine takes for a click.
    const path = join(folder.path, 'huge.bin')
    writeHuge(path, 64 * 1024 ** 3)
    await page.locator('input[type=file]').first().setInputFiles(path)
    await publishButton(page).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await publishButton(page).waitFor()
    await page.getByText('Nothing was published').waitFor()
    expect(await page.locator('[data-state=hashing]').count()).toBe(0)
    expect(await page.getByText('huge.bin').count()).toBeGreaterThan(0)
  })

  it('says what a plain-http page lacks, and what to do', async () => {
    const page = await person()
    await page.goto(server.url.replace('127.0.0.1', 'share.example'))
    await page.getByText('This page came over plain http').waitFor()
    expect(await page.evaluate(() => isSecureContext)).toBe(false)
  })
})

describe('the share page', () => {
  it('has names and sizes, and the link preview, before any script runs', async () => {
    const publisher = await person()
    await publisher.goto(server.url)
    await choose(publisher, 'titled.bin')
    await publisher.getByText('More options').click()
    await publisher.getByRole('textbox', { name: 'Title' }).fill('Field recordings')
    await publisher.getByRole('textbox', { name: 'Description' }).fill('Two weeks of rain.')
    await publishButton(publisher).click()
    await waitForState(publisher, 'seeding')

    const html = await (await fetch(publisher.url())).text()
    const meta = (property: string) =>
      new RegExp(`<meta property="${property}" content="([^"]*)"`).exec(html)?.[1]?.replaceAll('&amp;', '&')
    expect(html).toContain('titled.bin')
    expect(meta('og:title')).toContain('Field recordings')
    expect(meta('og:description')).toMatch(/300\skB.*Two weeks of rain\./)
    const image = await fetch(meta('og:image') ?? '')
    expect(image.status).toBe(200)
    expect(image.headers.get('content-type')).toBe('image/png')
  })

  it('offers magnet and .torrent under "More ways"', async () => {
    const publisher = await person()
    const link = await publish(publisher, server.url, { files: [join(folder.path, 'one.bin')] })
    const infoHash = link.slice(-40)
    await publisher.getByText('More ways to get it').click()
    const magnet = await publisher.locator('a[href^="magnet:"]').first().getAttribute('href')
    const parameters = new URL(magnet ?? '').searchParams
    expect(parameters.get('xt')).toBe(`urn:btih:${infoHash}`)
    expect(parameters.get('dn')).toBe('one.bin')
    expect(parameters.get('xl')).toBe('300000')
    expect(parameters.get('xs')).toBe(`${server.url}/t/${infoHash}.torrent`)
    expect(parameters.getAll('tr')).toEqual([server.announceUrl, `${server.url}/announce`])
    await publisher.locator(`a[href$="/t/${infoHash}.torrent"]`).first().waitFor()
    await publisher.getByRole('button', { name: /QR/ }).first().click()
    await publisher.getByRole('dialog').locator('svg').first().waitFor()
  })

  it('ends for everybody when its publisher stops sharing, and says so to who waits', {
    tags: 'long',
  }, async () => {
    const publisher = await person()
    const link = await publish(publisher, server.url, { files: [join(folder.path, 'mine.bin')] })
    const stranger = await person()
    await publish(stranger, server.url, { files: [join(folder.path, 'mine.bin')] })
    await publisher.getByRole('button', { name: 'Stop sharing' }).click()
    await publisher.getByRole('alertdialog').getByRole('button', { name: 'Stop sharing' }).click()
    await publisher.waitForURL(`${server.url}/`)
    expect((await fetch(link)).status).toBe(404)
    await waitForState(stranger, 'error')
    await stranger.getByText('This share does not exist').first().waitFor()
  })

  it('of an unknown info hash is a 404 that says what to do', async () => {
    const page = await person()
    const response = await page.goto(`${server.url}/d/${UNKNOWN}`)
    expect(response?.status()).toBe(404)
    await page.getByText('Check the link, or ask them for a new one').waitFor()
  })
})

it('speaks German to who prefers it', async () => {
  const page = await person({ locale: 'de-DE' })
  await page.goto(server.url)
  expect(await page.locator('html').getAttribute('lang')).toBe('de')
  await page.getByRole('button', { name: 'Dateien wählen' }).waitFor()
})
