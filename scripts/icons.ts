/** Makes the icons and screenshots of the installed app from app/icon.svg and from a build: `npm run docs:icons`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { launchWholeChromium } from '../tests/support/browser/chromium.ts'
import { startServer } from '../tests/support/server/test-server.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'public/icons')
const MARK = readFileSync(join(ROOT, 'app/icon.svg'), 'utf8').replace(/^<svg [^>]*>|<\/svg>$/g, '')

/** The mark alone. */
const plain = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${MARK}</svg>`
/** On paper, within the circle of 80 % that every mask leaves (https://w3c.github.io/manifest/#icon-masks). */
const masked = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8.5 -8.5 49 49"><path fill="#faf7f1" d="M-9-9h50v50H-9Z"/>${MARK}</svg>`
/** iOS rounds the corners itself, and shows transparency black. */
const apple = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 40 40"><path fill="#faf7f1" d="M-4-4h40v40H-4Z"/>${MARK}</svg>`

async function render(browser: Browser, svg: string, size: number): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: size, height: size } })
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`)
  const png = await page.screenshot({ omitBackground: true })
  await page.close()
  return png
}

/** An ICO file of PNG images, each of `size` pixels square. */
function ico(images: readonly { readonly size: number; readonly png: Buffer }[]): Buffer {
  const head = Buffer.alloc(6 + 16 * images.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(images.length, 4)
  let offset = head.length
  for (const [index, { png, size }] of images.entries()) {
    const at = 6 + 16 * index
    head.writeUInt8(size, at)
    head.writeUInt8(size, at + 1)
    head.writeUInt16LE(1, at + 4)
    head.writeUInt16LE(32, at + 6)
    head.writeUInt32LE(png.length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += png.length
  }
  return Buffer.concat([head, ...images.map(({ png }) => png)])
}

async function screenshot(browser: Browser, url: string, name: string, options: object): Promise<void> {
  const context = await browser.newContext({ locale: 'en-GB', ...options })
  const page = await context.newPage()
  await page.goto(url, { waitUntil: 'networkidle' })
  await page.screenshot({ path: join(FOLDER, name), animations: 'disabled' })
  await context.close()
}

mkdirSync(FOLDER, { recursive: true })
const browser = await launchWholeChromium()
try {
  // First: what is written below makes the build stale.
  await using server = await startServer()
  const phone = {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  }
  await screenshot(browser, server.url, 'phone.png', phone)
  await screenshot(browser, server.url, 'desktop.png', { viewport: { width: 1280, height: 800 } })
  for (const size of [192, 512]) {
    writeFileSync(join(FOLDER, `icon-${size}.png`), await render(browser, plain, size))
    writeFileSync(join(FOLDER, `maskable-${size}.png`), await render(browser, masked, size))
  }
  writeFileSync(join(ROOT, 'app/apple-icon.png'), await render(browser, apple, 180))
  const sizes = [16, 32, 48]
  const images = await Promise.all(
    sizes.map(async size => ({ size, png: await render(browser, plain, size) })),
  )
  writeFileSync(join(ROOT, 'public/favicon.ico'), ico(images))
} finally {
  await browser.close()
}
