import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { createdShareSchema } from '../../lib/protocol/share.ts'
import { launchChromium } from '../support/chromium.ts'
import { aria2Download, aria2Seed } from '../support/classic.ts'
import { noise, sha256File, tempFolder, writeTree } from '../support/fixtures.ts'
import { closePerson, newPerson, publish, save, startDownload, waitForState } from '../support/pages.ts'
import { postTorrent } from '../support/shares.ts'
import { startServer, type TestServer } from '../support/test-server.ts'

let server: TestServer
let browser: Browser
const folder = tempFolder()
const people: Page[] = []

async function person(): Promise<Page> {
  const page = await newPerson(browser)
  people.push(page)
  return page
}

beforeAll(async () => {
  server = await startServer(['--seeder', 'on', '--seeder-port', '0'])
  browser = await launchChromium()
  writeTree(folder.path, { 'kept.bin': noise(30_000_000, 21), 'classic/old.bin': noise(9_000_000, 22) })
})
afterEach(async () => {
  await Promise.all(people.splice(0).map(closePerson))
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
  folder[Symbol.dispose]()
})

it('is handed over by its tab, and then reaches a new tab, aria2c without it', async () => {
  const path = join(folder.path, 'kept.bin')
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [path] })
  await publisher.getByRole('switch', { name: 'Keep alive on this server' }).click()
  await publisher.locator('[data-share][data-kept=yes]').waitFor()
  await publisher.getByText('You may close this tab').first().waitFor()
  await closePerson(publisher)
  people.splice(0)

  const torrent = `${link.replace('/d/', '/t/')}.torrent`
  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  expect(sha256File(await save(reader, /Save/, join(folder.path, 'saved')))).toBe(sha256File(path))
  await closePerson(reader)
  people.splice(0)

  await aria2Download(torrent, join(folder.path, 'aria2'))
  expect(sha256File(join(folder.path, 'aria2/kept.bin'))).toBe(sha256File(path))
})

it('brings what a classic client seeds to a tab', async () => {
  const content = join(folder.path, 'classic/old.bin')
  const made = join(folder.path, 'old.torrent')
  execFileSync('mktorrent', ['-a', `${server.url}/announce`, '-o', made, content])
  const response = await postTorrent(server.url, new Uint8Array(readFileSync(made)))
  const { ownerKey, share } = createdShareSchema.parse(await response.json())
  const kept = `${server.url}/api/shares/${share.infoHash}/kept`
  await using _seed = aria2Seed(made, join(folder.path, 'classic'))
  expect(
    (await fetch(kept, { method: 'PUT', headers: { authorization: `Bearer ${ownerKey}` } })).status,
  ).toBe(202)

  const reader = await person()
  await startDownload(reader, share.links.page)
  await waitForState(reader, 'done')
  await reader.locator('[data-share][data-kept=yes]').waitFor()
  expect(sha256File(await save(reader, /Save/, join(folder.path, 'saved')))).toBe(sha256File(content))
})
