import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, ElementHandle, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchFirefox } from '../../support/browser/firefox.ts'
import { limitUploads, publish, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { makeSound } from '../../support/content/sound.ts'

const LIMIT_MS = 120_000
/** A file, and bytes a second, that leave time to kill the browser that downloads it. */
const SIZE = 8e6
const RATE = 1.5e6

const { folder, person, publisher, server } = setStage()
const downloads = () => join(folder.path, 'saved')

/** The Firefox of all tests but the one that kills its own. */
let firefox: Browser
const own: Browser[] = []

beforeAll(async () => {
  mkdirSync(downloads())
  firefox = await launchFirefox({ downloads: downloads() })
})
afterAll(async () => {
  for (const browser of [firefox, ...own]) await browser?.close()
})

async function newPage(browser: { newPage(): Promise<Page> }): Promise<Page> {
  const page = await browser.newPage()
  page.setDefaultTimeout(LIMIT_MS)
  return page
}

async function openProfile(profile: string): Promise<Page> {
  const browser = await launchFirefox({ profile, downloads: downloads() })
  own.push(browser)
  return newPage(browser)
}

const firefoxPerson = async () => newPage(await firefox.createBrowserContext())

const stateIs = (page: Page, state: string) => page.waitForSelector(`[data-share][data-state=${state}]`)
const click = (page: Page, name: string) => page.locator(`::-p-aria([name="${name}"][role="button"])`).click()

/** Resolves with the bytes downloaded when there are more than `bytes`. */
async function downloadedOver(page: Page, bytes: number): Promise<number> {
  const found = await page.waitForFunction(
    least => {
      const now = Number(document.querySelector('[data-share]')?.getAttribute('data-downloaded'))
      return now > least ? now : false
    },
    {},
    bytes,
  )
  return Number(await found.jsonValue())
}

/** Resolves when Firefox has written all of `name`. */
async function savedFile(name: string, bytes: number): Promise<string> {
  const path = join(folder.path, 'saved', name)
  const isSaved = () => {
    const saved = existsSync(path) && statSync(path).size >= bytes && !existsSync(`${path}.part`)
    if (!saved) throw new Error(`not saved; there is ${readdirSync(join(path, '..'))}`)
  }
  await vi.waitFor(isSaved, { timeout: LIMIT_MS, interval: 100 })
  return path
}

it('a download in Firefox goes on after the browser was killed, and is saved byte for byte', {
  tags: 'long',
  timeout: 400_000,
}, async () => {
  const chromium = await person()
  const original = join(folder.path, 'killed.bin')
  writeTree(folder.path, { 'killed.bin': noise(SIZE, 3) })
  await limitUploads(chromium, RATE)
  const link = await publish(chromium, server.url, { files: [original] })
  const profile = join(folder.path, 'profile')
  mkdirSync(profile)

  const first = await openProfile(profile)
  await first.goto(link)
  await first.locator('button ::-p-text(Download)').click()
  const before = await downloadedOver(first, 4e6)
  const [killed] = own.splice(0)
  killed?.process()?.kill('SIGKILL')

  const second = await openProfile(profile)
  await second.goto(link)
  // By itself, and with what was there: at most a second or two of work is lost.
  expect(await downloadedOver(second, 0)).toBeGreaterThan(before - 2 * RATE)
  await stateIs(second, 'done')
  await click(second, 'Save again')
  const saved = await savedFile('killed.bin', SIZE)
  expect(sha256File(saved)).toBe(sha256File(original))
})

it('a share published in Firefox is downloaded in Chromium', async () => {
  writeTree(folder.path, { 'from firefox.bin': noise(3_000_001, 4) })
  const path = join(folder.path, 'from firefox.bin')
  const page = await firefoxPerson()
  await page.goto(server.url)
  const input = await page.waitForSelector('input[type=file]:not([webkitdirectory])')
  await input?.uploadFile(path)
  await page.locator('button ::-p-text(Publish)').click()
  await stateIs(page, 'seeding')
  const reader = await person()
  await startDownload(reader, page.url())
  await waitForState(reader, 'done', LIMIT_MS)
  const saved = await save(reader, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(path))
}, 300_000)

it('an encrypted share published in Firefox is opened by its link, there too, and by no other', {
  tags: 'long',
  timeout: 300_000,
}, async () => {
  writeTree(folder.path, { 'letter.bin': noise(3_000_001, 5) })
  const path = join(folder.path, 'letter.bin')
  const page = await firefoxPerson()
  await page.goto(server.url)
  const input = await page.waitForSelector('input[type=file]:not([webkitdirectory])')
  await input?.uploadFile(path)
  await page.locator('::-p-aria([name="People I give the link to"][role="radio"])').click()
  await page.locator('button ::-p-text(Publish)').click()
  await stateIs(page, 'seeding')
  const link = page.url()
  expect(link).toMatch(/#[\w-]{50}$/)

  const chromium = await person()
  await startDownload(chromium, link)
  await waitForState(chromium, 'done', LIMIT_MS)
  expect(sha256File(await save(chromium, /^Save/, folder.path))).toBe(sha256File(path))

  const reader = await firefoxPerson()
  await reader.goto(link)
  await reader.locator('button ::-p-text(Download)').click()
  await stateIs(reader, 'done')
  const saved = await savedFile('letter.bin', 3_000_001)
  expect(sha256File(saved)).toBe(sha256File(path))

  const stranger = await firefoxPerson()
  await stranger.goto(link.replace(/#.*$/, ''))
  await stranger.waitForSelector('[data-error=key_missing]')
})

it('text, sound and seeking work in Firefox while the file arrives', {
  tags: 'long',
  timeout: 300_000,
}, async () => {
  const sound = makeSound(60)
  writeTree(folder.path, { 'mixed/words.txt': 'Grüße aus dem Feuer\n', 'mixed/tone.wav': sound })
  const { link, uploaded } = await publisher().publish(join(folder.path, 'mixed'))
  const page = await firefoxPerson()
  await page.goto(link)
  await click(page, 'Show words.txt')
  await page.waitForSelector('::-p-text(Grüße aus dem Feuer)')
  await page.keyboard.press('Escape')
  await click(page, 'Play tone.wav')
  await page.waitForFunction(() => (document.querySelector('audio')?.readyState ?? 0) >= 2)
  await page.evaluate(() => {
    const audio = document.querySelector('audio')
    if (audio) audio.currentTime = 48
  })
  await page.waitForFunction(() => {
    const audio = document.querySelector('audio')
    return audio !== null && !audio.seeking && audio.currentTime >= 48 && audio.readyState >= 2
  })
  expect(uploaded()).toBeLessThan(0.5 * sound.length)
})

it('a damaged copy is repaired in Firefox with nothing but its bad pieces', async () => {
  const content = noise(8_000_000, 6)
  writeTree(folder.path, { 'original/hurt.bin': content })
  const damaged = content.slice()
  damaged[2_000_000] = 255 - (damaged[2_000_000] ?? 0)
  writeTree(folder.path, { 'copy/hurt.bin': damaged.subarray(0, -100_000) })
  const { link, uploaded } = await publisher().publish(join(folder.path, 'original/hurt.bin'))
  const page = await firefoxPerson()
  await page.goto(`${server.url}/heal?share=${link.slice(-40)}`)
  const input = await page.waitForSelector('input[aria-label="Your copy"]')
  await (input as ElementHandle<HTMLInputElement>).uploadFile(join(folder.path, 'copy/hurt.bin'))
  const report = await page.waitForSelector('[data-bad-pieces]')
  const bad = Number(await report?.evaluate(element => element.getAttribute('data-bad-pieces')))
  expect(bad).toBeGreaterThan(1)
  await page.locator('button ::-p-text(Repair: )').click()
  const saved = await savedFile('hurt.bin', content.length)
  expect(sha256File(saved)).toBe(sha256File(join(folder.path, 'original/hurt.bin')))
  expect(uploaded()).toBeLessThan(0.2 * content.length)
}, 300_000)
