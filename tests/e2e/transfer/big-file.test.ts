import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { launchProfile } from '../../support/browser/chromium.ts'
import { watchMemory } from '../../support/browser/memory.ts'
import { counter, publish, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { tempFolder, writeRandomFile } from '../../support/content/fixtures.ts'
import { sized } from '../../support/long.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

const MiB = 1024 ** 2

/** A small file and a large one. */
const SIZES = sized<readonly [number, number]>({
  gate: [16 * MiB, 128 * MiB],
  long: [256 * MiB, 2048 * MiB],
})

/** What a tab may need at most, whatever the size of the file. */
const MEMORY_MAX = 300e6
/** What the large file may need beyond the small one: less than their difference in size. */
const GROWTH_MAX = 100e6

let server: TestServer
const folder = tempFolder()

beforeAll(async () => {
  server = await startServer()
})
afterAll(async () => {
  await server?.stop()
  folder[Symbol.dispose]()
})

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

/** Publish a file of `bytes` in one browser, download and save it in another; the most memory each of them needed. */
async function transfer(bytes: number): Promise<{ readonly publisher: number; readonly reader: number }> {
  using place = tempFolder()
  const path = join(place.path, 'content.bin')
  writeRandomFile(path, bytes)
  const profiles = { publisher: join(place.path, 'publisher'), reader: join(place.path, 'reader') }
  const contexts: BrowserContext[] = []
  try {
    const open = async (profile: string) => {
      const context = await launchProfile(profile)
      contexts.push(context)
      return context.newPage()
    }
    const [publisher, reader] = [await open(profiles.publisher), await open(profiles.reader)]
    const [publisherMemory, readerMemory] = contexts.map(context => watchMemory(browserOf(context)))
    const link = await publish(publisher, server.url, { files: [path] })
    await startDownload(reader, link)
    await waitForState(reader, 'done', 800_000)
    expect(await counter(publisher, 'uploaded')).toBeLessThan(1.02 * bytes)
    const saved = await save(reader, /^Save/, place.path)
    expect(await sha256(saved)).toBe(await sha256(path))
    return { publisher: (await publisherMemory?.peak()) ?? 0, reader: (await readerMemory?.peak()) ?? 0 }
  } finally {
    for (const context of contexts) await context.close()
  }
}

function browserOf(context: BrowserContext): Browser {
  const browser = context.browser()
  if (!browser) throw new Error('a profile without a browser')
  return browser
}

it('a file needs no more memory than one of an eighth of its size, in either tab', {
  tags: 'long',
  timeout: 1_200_000,
}, async () => {
  const small = await transfer(SIZES[0])
  const large = await transfer(SIZES[1])
  process.stderr.write(
    `memory of publisher and reader in MB: ${[small.publisher, small.reader, large.publisher, large.reader].map(bytes => Math.round(bytes / 1e6)).join(', ')}\n`,
  )
  for (const role of ['publisher', 'reader'] as const) {
    expect(large[role]).toBeLessThan(MEMORY_MAX)
    // Its pieces are longer, and some of them are in memory; the content is not.
    expect(large[role]).toBeLessThan(small[role] + GROWTH_MAX)
  }
})
