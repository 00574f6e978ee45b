import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { chromiumPath, launchChromium } from '../../support/browser/chromium.ts'
import { closePerson, newPerson, shareOf, waitForScripts, waitForState } from '../../support/browser/pages.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

let server: TestServer
let browser: Browser
const folder = tempFolder()
const people: Page[] = []
const at = (...path: string[]) => join(folder.path, ...path)

beforeAll(async () => {
  server = await startServer()
  browser = await launchChromium()
})
afterEach(async () => {
  await Promise.all(people.splice(0).map(closePerson))
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  folder[Symbol.dispose]()
})

async function person(from: Browser = browser): Promise<Page> {
  const page = await newPerson(from)
  people.push(page)
  await page.goto(server.url)
  await page.waitForLoadState('networkidle')
  return page
}

/** Chooses files of these names, which no file picker of this system could give. */
const choose = (page: Page, names: readonly string[]) =>
  page
    .locator('input[type=file]')
    .first()
    .evaluate((input: HTMLInputElement, all) => {
      const transfer = new DataTransfer()
      for (const name of all) transfer.items.add(new File([`${name}x`], name))
      input.files = transfer.files
      input.dispatchEvent(new Event('change', { bubbles: true }))
    }, names)

async function drop(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const data = { items: [], files: [path], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data })
}

const publishButton = (page: Page) => page.getByRole('button', { name: /^Publish/ })

it('names that cannot be published are marked and renamed, and everything is published', async () => {
  const page = await person()
  const odd = ['a\\b.txt', 'あ'.repeat(90), 'a\nb.txt', 'a\u0001b.txt']
  await choose(page, ['good.txt', ...odd])
  await publishButton(page).waitFor()
  expect(await page.locator('[data-renamed]').getAttribute('data-renamed')).toBe('4')
  expect(await page.locator('[data-renamed]').textContent()).toContain('a\\b.txt → a_b.txt')
  // The same again adds nothing.
  await choose(page, ['good.txt'])
  await publishButton(page).click()
  await waitForState(page, 'seeding')
  const api = page.url().replace('/d/', '/api/shares/')
  const { files } = (await (await fetch(api)).json()) as { files: { path: string }[] }
  expect(files.map(({ path }) => path)).toContain('a_b.txt')
  expect(files.length).toBeGreaterThanOrEqual(5)
})

it('a dropped folder with closed entries is listed without them, and they are named', async () => {
  writeTree(at('drive'), { 'a.txt': 'a', 'deep/b.txt': 'b', 'shut.bin': 'shut', 'lost+found/s.txt': 's' })
  chmodSync(at('drive/lost+found'), 0)
  chmodSync(at('drive/shut.bin'), 0)
  // Root may read everything, unless it gives up that right.
  writeFileSync(
    at('chromium.sh'),
    `#!/bin/sh\nexec setpriv --bounding-set=-dac_override,-dac_read_search ${chromiumPath()} "$@"\n`,
    { mode: 0o755 },
  )
  mkdirSync(at('profile'), { recursive: true })
  const context = await chromium.launchPersistentContext(at('profile'), {
    executablePath: process.getuid?.() === 0 ? at('chromium.sh') : (chromiumPath() ?? ''),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebRtcHideLocalIpsWithMdns'],
  })
  try {
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    await page.goto(server.url)
    // Before that, the browser takes a drop itself.
    await waitForScripts(page.getByRole('button', { name: 'Choose files' }))
    await drop(page, at('drive'))
    await publishButton(page).waitFor()
    const notice = await page.locator('[data-error=file_unreadable]').textContent()
    expect(notice).toContain('drive/lost+found')
    expect(notice).toContain('drive/shut.bin')
    await publishButton(page).click()
    await waitForState(page, 'seeding')
    const api = page.url().replace('/d/', '/api/shares/')
    const { files } = (await (await fetch(api)).json()) as { files: { path: string }[] }
    expect(files.map(({ path }) => path)).toEqual(['a.txt', 'deep/b.txt'])
    expect(errors).toEqual([])
  } finally {
    await context.close()
    chmodSync(at('drive/lost+found'), 0o700)
  }
})

it('says that what somebody publishes stands already under the terms of another', {
  tags: 'long',
}, async () => {
  const file = { name: 'same.txt', mimeType: 'text/plain', buffer: Buffer.from('the same bytes') }
  const publish = async (title: string, link: 'same' | 'own' = 'same') => {
    const page = await person()
    await page.locator('input[type=file]').first().setInputFiles(file)
    await publishButton(page).waitFor()
    await page.getByText('More options').click()
    await page.locator('[name=title]').fill(title)
    if (link === 'own') await page.getByRole('switch', { name: 'A link of its own' }).click()
    await publishButton(page).click()
    await waitForState(page, 'seeding')
    return page
  }
  const first = await publish('First')
  const second = await publish('My secret title')
  await second.locator('[data-stands=others]').waitFor()
  expect(await second.locator('[data-stands]').textContent()).toContain(
    'Only the browser that published them',
  )
  expect(await second.locator('[data-stands]').textContent()).toContain('“First”')
  expect(await first.locator('[data-stands]').count()).toBe(0)
  expect(await shareOf(second).getAttribute('data-share')).toBe(
    await shareOf(first).getAttribute('data-share'),
  )
  await first.goto(new URL('/', first.url()).href)
  await first.locator('input[type=file]').first().setInputFiles(file)
  await publishButton(first).click()
  await first.locator('[data-stands=own]').waitFor()
  await first.getByRole('heading', { level: 1, name: 'First' }).waitFor()
  const third = await publish('Mine', 'own')
  expect(await third.locator('[data-stands]').count()).toBe(0)
  expect(await shareOf(third).getAttribute('data-share')).not.toBe(
    await shareOf(first).getAttribute('data-share'),
  )
  await third.getByRole('heading', { name: 'Mine' }).waitFor()
})

it('with the server gone at the click, waits for it, and publishes when it is back', async () => {
  const own = await startServer()
  const page = await newPerson(browser)
  people.push(page)
  await page.goto(own.url)
  await page.waitForLoadState('networkidle')
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'later.txt', mimeType: 'text/plain', buffer: Buffer.from('later') })
  await publishButton(page).waitFor()
  await page.context().setOffline(true)
  await publishButton(page).click()
  await page.locator('[data-state=hashing] [data-error=server_unreachable]').waitFor()
  await page.context().setOffline(false)
  await waitForState(page, 'seeding')
  await own.stop()
})

it('waits for scripts that cannot be loaded once files are chosen', async () => {
  const page = await person()
  await page.route(/\.js(\?|$)/, route => route.abort('connectionrefused'))
  await choose(page, ['without scripts.txt'])
  await page.locator('[data-error=server_unreachable]').waitFor()
  await page.unroute(/\.js(\?|$)/)
  await publishButton(page).click()
  await waitForState(page, 'seeding')
})

it('a long request over a slow line goes on, and shows how much of it is sent', {
  tags: 'long',
}, async () => {
  const page = await person()
  const names = Array.from({ length: 4_000 }, (_, index) => `${'x'.repeat(200)}${index}.txt`)
  await choose(page, names)
  await publishButton(page).waitFor()
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 150_000,
  })
  await publishButton(page).click()
  await page.getByText(/Publishing: .*sent/).waitFor()
  await waitForState(page, 'seeding', 60_000)
})
