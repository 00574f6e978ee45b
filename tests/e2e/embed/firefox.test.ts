import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Frame, Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { launchFirefox } from '../../support/browser/firefox.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { makeWebm } from '../../support/content/webm.ts'
import { type HostServer, html, snippet, startHost } from '../../support/widget/host-page.ts'

const LIMIT_MS = 30_000

const { folder, publisher, server } = setStage()
const saved = () => join(folder.path, 'saved')

let host: HostServer
let firefox: Browser
let link: string
let filmLink: string
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, { 'image.bin': noise(1_000_000, 61), 'film.webm': makeWebm(20) })
  mkdirSync(saved())
  link = (await publisher().publish(join(folder.path, 'image.bin'))).link
  filmLink = (await publisher().publish(join(folder.path, 'film.webm'))).link
  firefox = await launchFirefox({ downloads: saved() })
})
afterAll(async () => {
  await firefox?.close()
  host?.close()
})

async function visit(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
  rmSync(join(saved(), 'image.bin'), { force: true })
  // Somebody who has not been here before: what was downloaded already is not saved by itself.
  const page = await (await firefox.createBrowserContext()).newPage()
  page.setDefaultTimeout(LIMIT_MS)
  await page.goto(host.put(`/${crypto.randomUUID()}`, { body: html(body), headers }))
  return page
}

/** Its button, whatever it says: roles are not looked for in shadow trees here. */
const press = (where: Page | Frame) => where.locator('tabseed-download >>> button').click()

/** The frame that a widget, or the page, has put our page in. */
const embedFrame = (page: Page): Promise<Frame> =>
  page.waitForFrame(frame => frame.url().startsWith(`${server.url}/embed/`))

async function expectSaved(): Promise<void> {
  const path = join(saved(), 'image.bin')
  const isSaved = () => {
    const whole = existsSync(path) && statSync(path).size === 1_000_000 && !existsSync(`${path}.part`)
    if (!whole) throw new Error(`not saved; there is ${readdirSync(saved())}`)
  }
  await vi.waitFor(isSaved, { timeout: LIMIT_MS, interval: 100 })
  expect(sha256File(path)).toBe(sha256File(join(folder.path, 'image.bin')))
}

it('downloads in the page of another origin and saves byte for byte', async () => {
  const page = await visit(snippet(link))
  await press(page)
  await expectSaved()
  await page.close()
})

it('under a strict policy too', async () => {
  const page = await visit(snippet(link), {
    'content-security-policy': `default-src 'none'; script-src ${server.url}; connect-src ${server.url} ${server.url.replace('http', 'ws')}; worker-src blob:`,
  })
  await press(page)
  await expectSaved()
  await page.close()
})

it('falls back to the frame by itself, from which a click saves', async () => {
  const page = await visit(snippet(link), {
    'content-security-policy': `default-src 'none'; script-src ${server.url}; frame-src ${server.url}`,
  })
  await press(page)
  const frame = await embedFrame(page)
  await frame.waitForSelector('tabseed-download[data-state=done]')
  await press(frame)
  await expectSaved()
  await page.close()
})

it('saves from a frame, and from one in a sandbox', async () => {
  const src = link.replace('/d/', '/embed/')
  for (const sandbox of ['', 'sandbox="allow-scripts allow-downloads"']) {
    const page = await visit(`<iframe ${sandbox} src="${src}" title="Download"></iframe>`)
    const frame = await embedFrame(page)
    await press(frame)
    await expectSaved()
    await page.close()
  }
})

it('plays in the widget', async () => {
  const page = await visit(snippet(filmLink, 'mode="player" label="Watch"'))
  await press(page)
  const frame = await embedFrame(page)
  await frame.waitForSelector('video')
  const duration = await frame.waitForFunction(() => {
    const video = document.querySelector('video')
    return video && video.currentTime > 0.5 && video.duration
  })
  expect(await duration.jsonValue()).toBeCloseTo(20, 0)
  await page.close()
})
