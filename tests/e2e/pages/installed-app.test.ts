import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { launchChromium } from '../../support/browser/chromium.ts'
import { newPerson, publish, waitForScripts, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { writeTree } from '../../support/content/fixtures.ts'
import { freePort } from '../../support/server/free-port.ts'
import { startServer } from '../../support/server/test-server.ts'

const { folder, person, publisher, server } = setStage()
const file = (name: string) => join(folder.path, name)

/** The page answers clicks and drops. */
const ready = (page: Page) => waitForScripts(page.locator('header button').first())

/** Drops a file on the page in view. */
async function drop(page: Page, name: string): Promise<void> {
  const data = await page.evaluateHandle(name => {
    const transfer = new DataTransfer()
    transfer.items.add(new File(['dropped'], name))
    return transfer
  }, name)
  await page.locator('main').dispatchEvent('dragover', { dataTransfer: data })
  await page.getByText('Drop to add').waitFor()
  await page.locator('main').dispatchEvent('drop', { dataTransfer: data })
}

/** The service worker has the pages that it keeps. */
const waitForKept = (page: Page, path: string) =>
  expect
    .poll(
      () =>
        page.evaluate(async path => (await (await caches.open('pages')).match(`${path}?part`))?.status, path),
      {
        timeout: 20_000,
        message: `${path} is kept`,
      },
    )
    .toBe(200)

describe('the manifest', () => {
  it('has icons and screenshots of the sizes that it says, and takes files, torrents and magnet links', async () => {
    const manifest = await (await fetch(`${server.url}/manifest.webmanifest`)).json()
    for (const { sizes, src, type } of [...manifest.icons, ...manifest.screenshots]) {
      const response = await fetch(new URL(src, server.url))
      expect(response.headers.get('content-type'), src).toBe(type)
      if (type !== 'image/png') continue
      const png = Buffer.from(await response.arrayBuffer())
      // PNG, section 11.2.1: width and height begin the first chunk.
      expect(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, src).toBe(sizes)
    }
    expect(manifest.icons.filter(({ purpose }: { purpose?: string }) => purpose === 'maskable')).toHaveLength(
      2,
    )
    expect(manifest.share_target.action).toBe('/share-target')
    expect(manifest.file_handlers[0].accept).toEqual({ 'application/x-bittorrent': ['.torrent'] })
    expect(manifest.protocol_handlers).toEqual([{ protocol: 'magnet', url: '/?open=%s' }])
    const html = await (await fetch(server.url)).text()
    for (const path of [
      '/favicon.ico',
      '/robots.txt',
      /rel="apple-touch-icon" href="([^"]+)"/.exec(html)?.[1] ?? '',
    ]) {
      expect((await fetch(new URL(path, server.url))).status, path).toBe(200)
    }
  })
})

describe('what comes from elsewhere', () => {
  it('a magnet link and a pasted link open their share; a share sheet without the service worker is told what to do', async () => {
    writeTree(folder.path, { 'linked.txt': 'linked' })
    const { link } = await publisher().publish(file('linked.txt'))
    const page = await person()
    const magnet = `magnet:?xt=urn:btih:${link.slice(-40)}&dn=linked`
    await page.goto(`${server.url}/?open=${encodeURIComponent(magnet)}`)
    await page.waitForURL(link)
    await page.goto(server.url)
    await ready(page)
    const paste = (text: string) =>
      page.evaluate(text => {
        const clipboardData = new DataTransfer()
        clipboardData.setData('text/plain', text)
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
      }, text)
    await paste(`https://elsewhere.example/d/${link.slice(-40)}#key`)
    expect(await page.locator('[data-arrival=elsewhere] a').getAttribute('href')).toMatch(
      /^https:\/\/elsewhere\.example\/d\/\w{40}#key$/,
    )
    await paste(`Look: nothing`)
    await paste(link)
    await page.waitForURL(link)
    const answer = await fetch(`${server.url}/share-target`, {
      method: 'POST',
      body: new FormData(),
      redirect: 'manual',
    })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/?shared=missed'])
    await page.goto(`${server.url}/?shared=missed`)
    await page.locator('[data-arrival=missed]').waitFor()
    expect(page.url()).toBe(`${server.url}/`)
  })

  it('dropped files begin a new share on any page; where a share is open, the person is asked', async () => {
    writeTree(folder.path, { 'open.txt': 'open' })
    const page = await person()
    const link = await publish(page, server.url, { files: [file('open.txt')] })
    await drop(page, 'dropped.txt')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    expect(page.url()).toBe(link)
    await drop(page, 'dropped.txt')
    await page.getByRole('button', { name: 'New share' }).click()
    await page.getByRole('heading', { name: 'dropped.txt' }).waitFor()
    await page.getByRole('link', { name: 'Library' }).click()
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    await drop(page, 'again.txt')
    const heading = page.getByRole('heading', { name: 'again.txt' })
    await heading.waitFor()
    expect(await heading.evaluate(node => node === document.activeElement), 'it has the focus').toBe(true)
    await page.locator('a[href="/#sharing"]').waitFor()

    // What a phone's share sheet does.
    await waitForKept(page, '/')
    await page.evaluate(() => {
      const form = document.createElement('form')
      Object.assign(form, { method: 'post', enctype: 'multipart/form-data', action: '/share-target' })
      const input = Object.assign(document.createElement('input'), {
        type: 'file',
        name: 'files',
        multiple: true,
      })
      const transfer = new DataTransfer()
      transfer.items.add(new File(['one'], 'from-phone.txt'))
      transfer.items.add(new File(['two'], 'two.txt'))
      input.files = transfer.files
      form.append(input)
      document.body.append(form)
      form.submit()
    })
    await page.getByRole('heading', { name: 'from-phone.txt and 1 more' }).waitFor()
    await page.getByRole('button', { name: 'Publish 6 B' }).waitFor()
    expect(page.url()).toBe(`${server.url}/`)
  })
})

it('while the server is away, pages open and the share goes on; the page is back by itself', async () => {
  const args = ['--port', String(await freePort()), '--data', file('data')]
  let away = await startServer(args)
  const browser = await launchChromium()
  try {
    writeTree(folder.path, { 'kept.txt': 'kept' })
    const page = await newPerson(browser)
    const link = await publish(page, away.url, { files: [file('kept.txt')] })
    for (const path of ['/library', new URL(link).pathname]) await waitForKept(page, path)
    const peerId = await page.locator('[data-share]').getAttribute('data-peer-id')
    await away.stop()
    await page.getByRole('link', { name: 'Library' }).click()
    await page.getByRole('heading', { name: 'Library' }).waitFor()
    await page.locator('[data-server=away]').waitFor()
    await page.locator('a[href="/#sharing"]').click()
    await page.getByRole('link', { name: 'kept.txt' }).click()
    await waitForState(page, 'seeding')
    expect(await page.locator('[data-share]').getAttribute('data-peer-id'), 'the same swarm').toBe(peerId)
    // A page that is opened anew.
    const other = await page.context().newPage()
    await other.goto(`${away.url}/library`)
    await other.getByRole('link', { name: 'kept.txt' }).waitFor()
    await other.locator('[data-server=away]').waitFor()
    away = await startServer(args)
    await page.locator('[data-server=away]').waitFor({ state: 'detached' })
    await other.locator('[data-server=away]').waitFor({ state: 'detached' })
    await waitForState(page, 'seeding')
    expect(await page.locator('[data-share]').getAttribute('data-peer-id')).toBe(peerId)
  } finally {
    await browser.close()
    await away.stop()
  }
})
