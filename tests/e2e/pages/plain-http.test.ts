import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { launchChromium } from '../../support/browser/chromium.ts'
import { closePerson, newPerson } from '../../support/browser/pages.ts'
import { sha256File, tempFolder } from '../../support/content/fixtures.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/node-publisher.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

const LIMIT = { timeout: 60_000, interval: 100 }

const folder = tempFolder()
let browser: Browser
let server: TestServer
let published: Awaited<ReturnType<typeof publishFromNode>>
beforeAll(async () => {
  browser = await launchChromium()
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

  test('has lines for a terminal that work', async () => {
    const page = await newPerson(browser)
    await page.goto(link())
    await page.getByText('More ways to get it').click()
    const run = async (label: RegExp) => {
      const line = await page.getByLabel(label).inputValue()
      execFileSync('sh', ['-c', line], { cwd: folder.path, stdio: 'ignore', timeout: 60_000 })
      return sha256File(join(folder.path, published.metainfo.name))
    }
    execFileSync('rm', [published.path])
    expect(await run(/with curl/)).toBe(published.sha256)
    execFileSync('rm', [published.path])
    expect(await run(/with aria2/)).toBe(published.sha256)
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations).toEqual([])
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
