import { afterAll, beforeAll, describe } from 'vitest'
import { launchProfile } from '../support/chromium.ts'
import { diskStoreContract } from '../support/disk-contract.ts'
import { launchFirefox } from '../support/firefox.ts'
import { tempFolder } from '../support/fixtures.ts'
import { BrowserKit, serveStorePage } from '../support/store-page.ts'

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
