import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchProfile } from '../../support/browser/chromium.ts'
import { launchFirefox } from '../../support/browser/firefox.ts'
import { BrowserKit, serveStorePage } from '../../support/browser/store-page/store-page.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { diskStoreContract } from '../../support/contracts/disk-contract.ts'
import {
  expectRight,
  PIECE,
  pieceOf,
  piecesIn,
  shareOf,
  writeAll,
} from '../../support/contracts/store-contract.ts'

let page: Awaited<ReturnType<typeof serveStorePage>>
beforeAll(async () => {
  page = await serveStorePage()
})
afterAll(() => page.close())

describe('Chromium', () => {
  const profile = tempFolder()
  let browser: Awaited<ReturnType<typeof launchProfile>>
  let kit: BrowserKit
  beforeAll(async () => {
    browser = await launchProfile(profile.path)
    kit = await BrowserKit.start(async () => {
      const tab = await browser.newPage()
      await tab.goto(page.url)
      await tab.waitForFunction(() => 'callStore' in globalThis)
      return {
        call: (name, args) =>
          tab.evaluate(([name, args]) => globalThis.callStore(name, args), [name, args] as const),
        async kill() {
          const crashed = tab.waitForEvent('crash')
          const session = await browser.newCDPSession(tab)
          session.send('Page.crash').catch(() => undefined)
          await crashed
        },
      }
    })
  })
  afterAll(async () => {
    await browser.close()
    profile[Symbol.dispose]()
  })
  diskStoreContract('OpfsStore', () => kit)

  it('that is closed still returns whole files, and can be closed again and destroyed', async () => {
    const sample = await shareOf([2 * PIECE], PIECE)
    const store = await kit.open(sample, [0])
    await writeAll(store, sample, [0, 1])
    await store.close()
    await store.close()
    const file = await store.file(0)
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(
      new Uint8Array([...pieceOf(sample, 0), ...pieceOf(sample, 1)]),
    )
    await store.destroy()
    await expect(kit.sizes(sample)).rejects.toThrow(/NotFoundError/)
  })

  it('reports a full disk, keeps what is stored, and continues when there is room', {
    tags: 'long',
  }, async () => {
    const count = 24
    const sample = await shareOf([count * 4 * PIECE], 4 * PIECE)
    const pieces = [...Array(count).keys()]
    const tab = await browser.newPage()
    const session = await browser.newCDPSession(tab)
    const { origin } = new URL(page.url)
    const { usage } = await session.send('Storage.getUsageAndQuota', { origin })
    const leave = (bytes: number) =>
      session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + bytes })
    const store = await kit.open(sample, [0])
    await writeAll(store, sample, pieces.slice(0, 4))
    await leave(12 * 4 * PIECE)
    const codes = new Set<string>()
    for (const index of pieces.slice(4)) {
      await store.write(index, pieceOf(sample, index)).catch(reason => codes.add(reason.code))
    }
    expect([...codes]).toEqual(['storage_full'])
    const kept = piecesIn(store, sample)
    expect(kept.length).toBeGreaterThanOrEqual(4)
    expect(kept.length).toBeLessThan(count)
    await expectRight(store, sample)

    await leave(1000 * 4 * PIECE)
    await writeAll(store, sample, pieces.slice(kept.length))
    await expectRight(store, sample, [0])
    await store.close()
    const again = await kit.open(sample, [0])
    expect(again.report).toEqual({ rechecked: 0, lost: 0 })
    expect(piecesIn(again, sample)).toEqual(pieces)
    await again.destroy()
    await session.send('Storage.overrideQuotaForOrigin', { origin })
    await tab.close()
  })
})

describe('Firefox', () => {
  let browser: Awaited<ReturnType<typeof launchFirefox>>
  let kit: BrowserKit
  beforeAll(async () => {
    browser = await launchFirefox()
    kit = await BrowserKit.start(async () => {
      const tab = await browser.newPage()
      await tab.goto(page.url)
      await tab.waitForFunction(() => 'callStore' in globalThis)
      return {
        call: (name, args) => tab.evaluate((name, args) => globalThis.callStore(name, args), name, args),
        kill: () => tab.close(),
      }
    })
  })
  afterAll(() => browser.close())
  diskStoreContract('OpfsStore', () => kit)
})
