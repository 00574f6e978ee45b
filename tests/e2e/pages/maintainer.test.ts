import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { openPanel, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const { folder, person, server } = setStage()

const RELEASE = noise(300_000, 71)
const SUM = createHash('sha256').update(RELEASE).digest('hex')

async function openChecksums(page: Page) {
  await openPanel(page, 'More ways to get it')
  await page.locator('summary', { hasText: 'SHA-256 of each file' }).click()
  return page.locator('[data-checksums]')
}

it("a maintainer's description has links, and the checksums say who they are from", async () => {
  writeTree(folder.path, { 'release/tool-1.0.iso': RELEASE, 'release/README': 'read me' })
  const publisher = await person()
  await publisher.goto(server.url)
  await publisher
    .locator('input[type=file][webkitdirectory]')
    .first()
    .setInputFiles(join(folder.path, 'release'))
  await publisher.locator('summary', { hasText: 'Options' }).click()
  await publisher
    .locator('textarea[name=description]')
    .fill('Notes: https://example.org/notes. Not javascript:alert(1), not https://a@b.example/')
  await publisher.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(publisher, 'seeding')

  const reader = await person()
  await reader.goto(publisher.url())
  const links = reader.locator('article header a')
  expect(await links.count()).toBe(1)
  expect(await links.evaluate((a: HTMLAnchorElement) => [a.href, a.rel, a.target, a.referrerPolicy])).toEqual(
    ['https://example.org/notes', 'nofollow noopener ugc', '_blank', 'no-referrer'],
  )
  const readers = await openChecksums(reader)
  await reader.locator('[data-checksums=unknown]').waitFor()

  const publishers = await openChecksums(publisher)
  await publisher.getByRole('button', { name: 'Compute, and show them to everybody' }).click()
  await publisher.locator('[data-checksums=computed]').waitFor()
  await publishers.getByText(SUM).waitFor()

  await startDownload(reader, publisher.url())
  await waitForState(reader, 'done')
  await openChecksums(reader)
  await reader.locator('[data-checksums=stated]').waitFor()
  await reader.getByText('This server has not checked them').waitFor()
  await reader.getByRole('button', { name: 'Compute them here' }).click()
  await reader.locator('[data-checksums=computed][data-differing="0"]').waitFor()
  const [saved] = await Promise.all([
    reader.waitForEvent('download'),
    readers.getByRole('button', { name: 'Save as SHA256SUMS' }).click(),
  ])
  expect(readFileSync(await saved.path(), 'utf8')).toContain(`${SUM}  release/tool-1.0.iso\n`)
})
