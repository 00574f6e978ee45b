import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { figuresOf, forgetShifts, watchFigures } from '../../support/browser/page-figures.ts'
import { PHONE, publish, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'
import { listShare } from '../../support/content/shares.ts'

const { folder, person, publisher, server } = setStage()

/** Google counts up to 0.1 as good. */
const CLS_MAX = 0.01

let link = ''
let single = ''
beforeAll(async () => {
  writeTree(folder.path, {
    'tree/a.txt': 'first',
    'tree/b.bin': noise(100_000, 4),
    'single.bin': noise(200_000, 5),
  })
  const share = await publisher().publish(join(folder.path, 'tree'))
  link = share.link
  await listShare(server.url, share.metainfo.infoHash, share.ownerKey)
  single = (await publisher().publish(join(folder.path, 'single.bin'))).link
})

async function expectStill(page: Page, what: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  const { cls, shifts } = await figuresOf(page)
  expect.soft(cls, `${what}: ${shifts.join('; ')}`).toBeLessThan(CLS_MAX)
}

describe.each([
  ['desktop', { viewport: { width: 1280, height: 900 } }],
  ['phone', PHONE],
] as const)('on a %s nothing moves when the last panels have come', (_, options) => {
  it('for a reader, in the library and on the status page', async () => {
    const page = await person(options)
    await watchFigures(page)
    for (const address of [server.url, `${server.url}/library`, `${server.url}/status`, single, link]) {
      await page.goto(address)
      await expectStill(page, address)
    }
    await page.getByRole('button', { name: /^Download/ }).click()
    await waitForState(page, 'done')
    // With what this browser has by now.
    for (const address of [link, `${server.url}/library`, server.url]) {
      await page.goto(address)
      await expectStill(page, `again: ${address}`)
    }
  })

  it('for a publisher', async () => {
    const page = await person(options)
    await watchFigures(page)
    await publish(page, server.url, { folder: join(folder.path, 'tree') })
    await page.waitForLoadState('networkidle')
    await forgetShifts(page)
    await page.waitForLoadState('networkidle')
    await expectStill(page, 'publisher')
    await page.reload()
    await page.getByRole('button', { name: 'I no longer have these files' }).waitFor()
    await expectStill(page, 'publisher, after a reload')
  })
})
