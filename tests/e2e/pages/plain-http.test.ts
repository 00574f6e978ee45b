import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectAccessible } from '../../support/browser/axe.ts'
import { launchChromium } from '../../support/browser/chromium.ts'
import { closePerson, newPerson, openPanel } from '../../support/browser/pages.ts'
import { takePicture } from '../../support/browser/pictures.ts'
import { askToKeep, keptBy, NodePublisher, publishFromNode } from '../../support/clients/node-publisher.ts'
import { noise, sha256File, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

const LIMIT = { timeout: 60_000, interval: 100 }

const folder = tempFolder()
let browser: Browser
let server: TestServer
let published: Awaited<ReturnType<typeof publishFromNode>>
beforeAll(async () => {
  // A name that is not of this computer: pages under it are no secure context.
  browser = await launchChromium(['--host-resolver-rules=MAP share.example 127.0.0.1'])
  server = await startServer(['--seeder', 'on', '--seeder-port', '0'])
  published = await publishFromNode(server.url, folder.path, 30_000_000, 21)
  await askToKeep(server.url, published.metainfo, published.ownerKey)
  await vi.waitFor(async () => expect((await keptBy(server.url, published.metainfo)).kept).toBe('yes'), LIMIT)
  await published.engine.close()
})
afterAll(async () => {
  await browser.close()
  await server[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const link = () => `${server.url}/d/${published.metainfo.infoHash}`

describe('a share the server holds', () => {
  test('downloads without scripts', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, acceptDownloads: true })
    const page = await context.newPage()
    await page.goto(link())
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .getByRole('link', { name: /^Download 30\S*\sMB from the server/ })
        .first()
        .click(),
    ])
    expect(download.suggestedFilename()).toBe(published.metainfo.name)
    expect(sha256File(await download.path())).toBe(published.sha256)
    await context.close()
  })

  test('has the copy of the server as its first button over plain http, and says why', async () => {
    const page = await newPerson(browser)
    await page.goto(link().replace('127.0.0.1', 'share.example'))
    const panel = page.locator('[data-plain-http]')
    await panel.getByText('This page came over plain http').waitFor()
    expect(await page.locator('main [role=alert]').count()).toBe(0)
    expect(await page.locator('main').locator('a, button').first().getAttribute('href')).toContain('/w/')
    const button = panel.getByRole('link', { name: /^Download 30\S*\sMB from the server/ })
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
    expect(download.suggestedFilename()).toBe(published.metainfo.name)
    expect(sha256File(await download.path())).toBe(published.sha256)
    await expectAccessible(page)
    await takePicture(page, 'plain-http')
    await openPanel(page, 'More ways to get it')
    expect(await page.getByText('others need a server').count()).toBe(0)
    await closePerson(page)
  })

  test('has a button for each of several files over plain http', async () => {
    writeTree(folder.path, { 'plain/first.bin': noise(400_000, 23), 'plain/deep/second.txt': 'second' })
    const publisher = new NodePublisher(server.url)
    const several = await publisher.publish(join(folder.path, 'plain'))
    await askToKeep(server.url, several.metainfo, several.ownerKey)
    await vi.waitFor(async () => expect((await keptBy(server.url, several.metainfo)).kept).toBe('yes'), LIMIT)
    await publisher.close()
    const page = await newPerson(browser)
    await page.goto(several.link.replace('127.0.0.1', 'share.example'))
    await page.locator('[data-plain-http]').getByText('the button beside its name').waitFor()
    for (const path of ['first.bin', 'deep/second.txt']) {
      const button = page.getByRole('link', { name: `Download ${path.split('/').at(-1)} from the server` })
      const [download] = await Promise.all([page.waitForEvent('download'), button.first().click()])
      expect(sha256File(await download.path())).toBe(sha256File(join(folder.path, 'plain', path)))
    }
    await expectAccessible(page)
    await takePicture(page, 'plain-http-several')
    await closePerson(page)
  })

  test('copies over plain http too', async () => {
    const page = await newPerson(browser)
    await page.goto(link().replace('127.0.0.1', 'share.example'))
    expect(await page.evaluate(() => [isSecureContext, 'clipboard' in navigator])).toEqual([false, false])
    // Where it stood before the page knew what is missing here, other things are.
    await page.locator('[data-plain-http]').waitFor()
    await openPanel(page, 'More ways to get it')
    await page.getByRole('button', { name: /Copy (the )?magnet link/ }).click()
    await page.getByText('Copied').first().waitFor()
    // What is pasted is what was copied.
    await page.evaluate(() => document.body.append(document.createElement('textarea')))
    await page.locator('body > textarea').focus()
    await page.keyboard.press('Control+V')
    expect(await page.locator('body > textarea').inputValue()).toMatch(/^magnet:/)

    await page.evaluate(() => Object.assign(document, { execCommand: () => false }))
    const command = page.getByLabel(/with curl/)
    await page.getByRole('button', { name: 'Copy command' }).first().click()
    await page.getByText('The text is selected').waitFor()
    const selected = command.evaluate(
      ({ value, selectionEnd }: HTMLInputElement) => value.length === selectionEnd,
    )
    expect(await selected).toBe(true)
    await closePerson(page)
  })

  test('has lines for a terminal that work', { tags: 'long' }, async () => {
    const page = await newPerson(browser)
    await page.goto(link())
    await openPanel(page, 'More ways to get it')
    const run = async (label: RegExp) => {
      const line = await page.getByLabel(label).inputValue()
      execFileSync('sh', ['-c', line], { cwd: folder.path, stdio: 'ignore', timeout: 60_000 })
      return sha256File(join(folder.path, published.metainfo.name))
    }
    execFileSync('rm', [published.path])
    expect(await run(/with curl/)).toBe(published.sha256)
    execFileSync('rm', [published.path])
    expect(await run(/with aria2/)).toBe(published.sha256)
    await expectAccessible(page)
    await closePerson(page)
  })

  test('is cut off in the middle when its owner deletes it', async () => {
    const { infoHash, name } = published.metainfo
    const url = `${server.url}/w/${infoHash}/${name}`
    const response = await fetch(url)
    expect(response.status).toBe(200)
    const headers = { authorization: `Bearer ${published.ownerKey}` }
    const deleted = await fetch(`${server.url}/api/shares/${infoHash}`, { method: 'DELETE', headers })
    expect(deleted.status).toBe(204)
    await expect(response.arrayBuffer()).rejects.toThrow()
    expect((await fetch(url)).status).toBe(404)
  })

  test('says what is missing where scripts are off and nobody but a tab has it', async () => {
    const other = await publishFromNode(server.url, folder.path, 100_000, 22)
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${server.url}/d/${other.metainfo.infoHash}`)
    const notice = page.locator('noscript p')
    expect(await notice.textContent()).toContain('Allow scripts and reload the page.')
    // Where scripts run it takes no room.
    expect((await notice.boundingBox())?.height).toBeGreaterThan(0)
    expect(await page.getByRole('button', { name: /^Download/ }).count()).toBe(0)
    expect(await page.getByRole('link', { name: /from the server/ }).count()).toBe(0)
    await context.close()
    await other.engine.close()
  })
})
