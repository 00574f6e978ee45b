import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { tempFolder } from '../content/fixtures.ts'
import { startServer, type TestServer } from '../server/test-server.ts'
import { launchChromium } from './chromium.ts'
import { closePerson, newPerson } from './pages.ts'
import { Profile } from './profile.ts'

interface StageOptions {
  readonly serverArgs?: readonly string[]
  readonly browserFlags?: readonly string[]
}

type PersonOptions = Parameters<typeof newPerson>[1]

/** What the tests of one file play on; `server` and people are there from its `beforeAll` on. */
interface Stage {
  readonly server: Pick<TestServer, 'url' | 'announceUrl'>
  readonly folder: { readonly path: string }
  /** Somebody who leaves after the test. Says yes to whatever their browser asks. */
  person(options?: PersonOptions): Promise<Page>
  /** Somebody who stays for all tests of the file. */
  resident(options?: PersonOptions): Promise<Page>
  /** A browser that can be closed, killed and opened again, closed after the test. */
  newProfile(): Profile
}

/** A server, a Chromium and a folder for the tests of the file that calls this. */
export function setStage({ serverArgs = [], browserFlags = [] }: StageOptions = {}): Stage {
  let server: TestServer | undefined
  let browser: Browser | undefined
  const folder = tempFolder()
  const people: Page[] = []
  const profiles: Profile[] = []
  beforeAll(async () => {
    server = await startServer(serverArgs)
    browser = await launchChromium(browserFlags)
  })
  afterEach(async () => {
    await Promise.all(people.splice(0).map(closePerson))
    await Promise.all(profiles.map(profile => profile.close()))
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    folder[Symbol.dispose]()
  })

  const resident = async (options?: PersonOptions) => {
    if (!browser) throw new TypeError('the stage is not set yet')
    const page = await newPerson(browser, options)
    page.on('dialog', dialog => dialog.accept())
    return page
  }
  return {
    server: {
      get url() {
        return server?.url ?? ''
      },
      get announceUrl() {
        return server?.announceUrl ?? ''
      },
    },
    folder,
    resident,
    async person(options) {
      const page = await resident(options)
      people.push(page)
      return page
    },
    newProfile() {
      const profile = new Profile(join(folder.path, `profile-${profiles.length}`))
      profiles.push(profile)
      return profile
    },
  }
}
