/** Takes docs/publisher.png, a share as its publisher sees it: `npm run docs:picture`, from a build. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchWholeChromium } from '../tests/support/browser/chromium.ts'
import {
  limitUploads,
  newPerson,
  publish,
  startDownload,
  waitForCounter,
} from '../tests/support/browser/pages.ts'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { startServer } from '../tests/support/server/test-server.ts'

const PICTURE_PATH = join(import.meta.dirname, '../docs/publisher.png')

const SIZE = { width: 960, height: 860 }

/** Bytes of the files, by name. */
const FILES = {
  'blackbird.wav': 61_200_000,
  'notes.txt': 4_100,
  'rain.wav': 88_400_000,
  'river.wav': 65_400_000,
}

/** Bytes that each reader has before the picture is taken: together half of it, so that the notice has something to say. */
const EACH = [90e6, 30e6] as const

using folder = tempFolder()
const content = join(folder.path, 'Field recordings 2026')
mkdirSync(content)
for (const [name, bytes] of Object.entries(FILES)) writeRandomFile(join(content, name), bytes)
await using server = await startServer()
// A public name: of a link to this machine the page says that it works nowhere else.
const origin = server.url.replace('127.0.0.1', 'share.example.org')
const browser = await launchWholeChromium([
  '--host-resolver-rules=MAP share.example.org 127.0.0.1',
  `--unsafely-treat-insecure-origin-as-secure=${origin}`,
])
try {
  const publisher = await newPerson(browser)
  await publisher.setViewportSize(SIZE)
  // Else everything has arrived before the picture is taken.
  await limitUploads(publisher, 18e6)
  const link = await publish(publisher, origin, { folder: content })
  for (const bytes of EACH) {
    const reader = await newPerson(browser)
    await startDownload(reader, link)
    await waitForCounter(reader, 'downloaded', downloaded => downloaded >= bytes)
  }
  await publisher.bringToFront()
  await waitForCounter(publisher, 'peers', peers => peers === EACH.length)
  await publisher.screenshot({ path: PICTURE_PATH, animations: 'disabled' })
} finally {
  await browser.close()
}
