import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { NodePublisher } from '../clients/node-publisher.ts'
import { tempFolder } from '../content/fixtures.ts'
import { startServer, type TestServer } from '../server/test-server.ts'
import { launchChromium, launchWholeChromium } from './chromium.ts'
import { closePerson, newPerson } from './pages.ts'
import { Profile } from './profile.ts'
import { workerBrowser, workerServer } from './worker.ts'

interface StageOptions {
  /** Flags of a server of its own for the file; without them it is the one of the worker, which has other shares too. */
  readonly serverArgs?: readonly string[]
  /** Flags of a browser of its own for the file; without them it is the one of the worker. */
  readonly browserFlags?: readonly string[]
  /** `whole`: one of its own for the file that is more than the engine, for what the shell does not have. */
  readonly browser?: 'whole'
}

type PersonOptions = Parameters<typeof newPerson>[1]

/** What the tests of one file run on; `server` and people are there from its `beforeAll` on. */
export interface Stage {
  readonly server: Pick<TestServer, 'url' | 'announceUrl'>
  readonly folder: { readonly path: string }
  /** Somebody who leaves after the test. Accepts whatever their browser asks. */
  person(options?: PersonOptions): Promise<Page>
  /** Somebody who stays for all tests of the file. */
  resident(options?: PersonOptions): Promise<Page>
  /** Publishes from the process of the test, for all tests of the file. */
  publisher(): NodePublisher
  /** A browser that can be closed, killed and opened again, closed after the test. */
  newProfile(): Profile
}

/** A server, a Chromium and a folder for the tests of the file that calls this. */
export function setStage({ browser: kind, browserFlags, serverArgs }: StageOptions = {}): Stage {
  let server: Pick<TestServer, 'url' | 'announceUrl'> | undefined
  let browser: Browser | undefined
  let nodePublisher: NodePublisher | undefined
  const folder = tempFolder()
  const ends = new AsyncDisposableStack()
  const people: Page[] = []
  const residents: Page[] = []
  const profiles: Profile[] = []
  beforeAll(async () => {
    server = serverArgs ? ends.use(await startServer(serverArgs)) : workerServer()
    if (kind === 'whole' || browserFlags) {
      const own = await (kind === 'whole' ? launchWholeChromium : launchChromium)(browserFlags)
      ends.defer(() => own.close())
      browser = own
    } else {
      browser = await workerBrowser()
    }
  })
  afterEach(async () => {
    await Promise.all(people.splice(0).map(closePerson))
    await Promise.all(profiles.map(profile => profile.close()))
  })
  afterAll(async () => {
    await Promise.all(residents.splice(0).map(closePerson))
    await nodePublisher?.close()
    await ends.disposeAsync()
    folder[Symbol.dispose]()
  })

  const open = async (options?: PersonOptions) => {
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
    async resident(options) {
      const page = await open(options)
      residents.push(page)
      return page
    },
    async person(options) {
      const page = await open(options)
      people.push(page)
      return page
    },
    publisher() {
      nodePublisher ??= new NodePublisher(server?.url ?? '')
      return nodePublisher
    },
    newProfile() {
      const profile = new Profile(join(folder.path, `profile-${profiles.length}`))
      profiles.push(profile)
      return profile
    },
  }
}
