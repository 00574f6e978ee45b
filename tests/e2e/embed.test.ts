import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noise, sha256File, writeTree } from '../support/fixtures.ts'
import { type HostServer, html, snippet, startHost } from '../support/host-page.ts'
import { publish } from '../support/pages.ts'
import { setStage } from '../support/stage.ts'

const { folder, person, resident, server } = setStage()
const file = (name = 'image.bin') => join(folder.path, name)

let host: HostServer
let link: string
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, { 'image.bin': noise(3_000_000, 31) })
  link = await publish(await resident(), server.url, { files: [file()] })
})
afterAll(() => host.close())

const widgetIn = (page: Page, state: string) => page.locator(`tabseed-download[data-state=${state}]`).first()

/** Resolves with the path of what the page saves after `act`. */
async function saved(page: Page, act: () => Promise<unknown>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  const path = join(folder.path, 'saved', `${Date.now()}-${download.suggestedFilename()}`)
  await download.saveAs(path)
  return path
}

describe('on a plain page of another origin', () => {
  it('loads only its script before the click, then fetches and saves byte for byte', async () => {
    const page = await person()
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    await page.goto(host.put('/plain', { body: html(snippet(link)) }))
    await widgetIn(page, 'idle').waitFor()
    await page.waitForLoadState('networkidle')
    expect(requests.filter(url => url.startsWith(server.url))).toEqual([`${server.url}/embed.js`])
    const path = await saved(page, () => page.getByRole('button', { name: 'Get it' }).click())
    expect(sha256File(path)).toBe(sha256File(file()))
    await widgetIn(page, 'done').waitFor()
    await page.getByText('Saved. Every part is checked.').first().waitFor()
  })
})
