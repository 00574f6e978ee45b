import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { publish, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const SIZE = 16 * 1024 ** 2

const { folder, person, server } = setStage()

/** A page throttled as a hidden tab is: timers once a second, no idle callbacks. */
async function hiddenPerson(): Promise<Page> {
  const page = await person()
  await page.addInitScript(() => {
    const { setTimeout: later } = window
    Object.assign(window, {
      setTimeout: (action: () => void, ms = 0, ...rest: unknown[]) =>
        later(action, Math.max(1000, ms), ...rest),
      requestIdleCallback: () => 0,
    })
  })
  return page
}

it('a transfer between hidden tabs needs neither timers nor idle callbacks', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  writeTree(folder.path, { 'hidden.bin': noise(SIZE, 31) })
  const path = join(folder.path, 'hidden.bin')
  const [publisher, reader] = [await hiddenPerson(), await hiddenPerson()]
  const link = await publish(publisher, server.url, { files: [path] })
  await startDownload(reader, link)
  // With a block for each timer it would take 16 minutes.
  await waitForState(reader, 'done', 60_000)
  const saved = await save(reader, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(path))
})
