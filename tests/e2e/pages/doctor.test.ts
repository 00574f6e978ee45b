import { join } from 'node:path'
import type { Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { launchChromium, launchWholeChromium, watchHealth } from '../../support/browser/chromium.ts'
import { newPerson } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { writeTree } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

/** The page looks for this long at most: as long as a silent STUN server may take. */
const LIMIT_MS = 30_000

/** Nothing listens there. */
const SILENT = '127.0.0.1:9'

describe('the doctor', () => {
  let broken: TestServer
  const { folder, person, publisher, server } = setStage()
  beforeAll(async () => {
    broken = await startServer([
      ...['--public-url', 'https://other.example', '--turn-secret', 'x', '--turn-urls', `turn:${SILENT}`],
      ...['--ice-servers', JSON.stringify([{ urls: [`stun:${SILENT}`, 'stun:127.0.0.1:10'] }])],
    ])
  })
  afterAll(() => broken[Symbol.asyncDispose]())

  /** Every finding of the page once it has looked at everything. */
  async function examine(page: Page, url: string): Promise<Record<string, string>> {
    await page.goto(url)
    await page.locator('[data-doctor=done]').waitFor({ timeout: LIMIT_MS })
    return page
      .locator('[data-check]')
      .evaluateAll(checks =>
        Object.fromEntries(
          checks.map(check => [
            check.getAttribute('data-check'),
            `${check.getAttribute('data-result')} ${check.getAttribute('data-cause')}`,
          ]),
        ),
      )
  }

  const failures = (found: Record<string, string>) =>
    Object.entries(found).flatMap(([name, finding]) =>
      finding.startsWith('fail') ? [[name, finding.slice(5)]] : [],
    )

  test('finds nothing in the way of a healthy browser, and tells what there is no server for', async () => {
    const page = await person()
    const complaints = watchHealth(page.context(), server.url)
    const found = await examine(page, `${server.url}/doctor`)
    expect(failures(found)).toEqual([])
    expect(found).toMatchObject({ stun: 'warn noStun', turn: 'skip noTurn', peer: 'skip noShare' })
    expect(Object.keys(found)).toHaveLength(14)
    // Not that all is well: people elsewhere cannot be reached.
    expect(await page.locator('[data-doctor] > [role=status]').textContent()).toBe(
      'Works on this network only.',
    )
    expect(complaints).toEqual([])
  })

  interface Fault {
    readonly check: string
    /** The cause that must be named. */
    readonly cause: string
    breakIt(page: Page): Promise<unknown>
  }
  const fault = (check: string, cause: string, breakIt: Fault['breakIt']): Fault => ({
    check,
    cause,
    breakIt,
  })

  /** What is broken at once: for each fault its check and its cause, and no other, must be named. */
  const FAULTS: readonly (readonly Fault[])[] = [
    [
      fault('loopback', 'loopbackFailed', page =>
        page.addInitScript(() => (RTCDataChannel.prototype.send = () => undefined)),
      ),
      fault('tracker', 'trackerClosed', page =>
        page.routeWebSocket(/\/announce/, socket => void socket.close()),
      ),
      fault('client-address', 'proxyUnknown', page =>
        page.setExtraHTTPHeaders({ 'x-forwarded-for': '192.0.2.1' }),
      ),
      fault('clock', 'clockOff', page =>
        page.addInitScript(() => {
          const now = Date.now.bind(Date)
          Date.now = () => now() + 100_000
        }),
      ),
      fault('storage', 'storageMissing', page =>
        page.addInitScript(() => {
          StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('', 'SecurityError'))
        }),
      ),
      fault('service-worker', 'workerMissing', page =>
        page.addInitScript(() => {
          ServiceWorkerContainer.prototype.register = () =>
            Promise.reject(new DOMException('', 'SecurityError'))
        }),
      ),
    ],
    [
      fault('tracker', 'trackerSilent', page => page.routeWebSocket(/\/announce/, () => undefined)),
      fault('storage', 'storageBroken', page =>
        page.addInitScript(() => {
          Worker.prototype.postMessage = () => {
            throw new DOMException('', 'DataCloneError')
          }
        }),
      ),
    ],
    [
      fault('storage', 'storageFull', async page => {
        const session = await page.context().newCDPSession(page)
        await session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 20_000 })
      }),
    ],
  ]
  test.each(FAULTS.map(faults => [faults.map(({ cause }) => cause).join(', '), faults] as const))(
    'names %s',
    async (_, faults) => {
      const page = await person()
      for (const { breakIt } of faults) await breakIt(page)
      const found = await examine(page, `${server.url}/doctor`)
      const expected = Object.fromEntries(faults.map(({ cause, check }) => [check, cause]))
      expect(Object.fromEntries(failures(found))).toEqual(expected)
      for (const { check } of faults) await expectSentences(page, check)
    },
  )

  test.each([
    ['public-url', /\/api\/doctor$/],
    ['clock', /\/healthz$/],
    ['candidates', /\/api\/ice$/],
  ] as const)('names a server that is silent where %s asks it', async (check, route) => {
    const page = await person()
    await page.route(route, request => request.abort())
    const found = await examine(page, `${server.url}/doctor`)
    // It is behind all checks that need it.
    expect(new Set(failures(found).map(([, cause]) => cause))).toEqual(new Set(['serverSilent']))
    expect(failures(found)).toContainEqual([check, 'serverSilent'])
    await expectSentences(page, check)
  })

  /** The cause and the step that mends it stand on the page as sentences. */
  async function expectSentences(page: Page, check: string): Promise<void> {
    const [, ...sentences] = await page.locator(`[data-check=${check}] p`).allTextContents()
    expect(sentences).toHaveLength(2)
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/)
  }

  test('names a browser without WebRTC, and does not look at what needs it', async () => {
    const page = await person()
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'))
    const found = await examine(page, `${server.url}/doctor`)
    expect(failures(found)).toEqual([['webrtc', 'webrtcMissing']])
    expect(found).toMatchObject({ loopback: 'skip needsWebrtc', candidates: 'skip needsWebrtc' })
  })

  test('names a browser that may not use UDP', async () => {
    const guarded = await launchWholeChromium(['--webrtc-ip-handling-policy=disable_non_proxied_udp'])
    try {
      const found = await examine(await newPerson(guarded), `${server.url}/doctor`)
      expect(found['candidates']).toBe('fail noCandidates')
    } finally {
      await guarded.close()
    }
  })

  test('names servers that do not answer, and links that lead elsewhere', async () => {
    // Its own address is not the one it tells.
    const port = await vi.waitUntil(() => /"port":(\d+)/.exec(broken.log())?.[1])
    // Who has a public address needs no STUN; like people's, this browser hides what it has (mDNS).
    const hiding = await launchChromium(['--disable-features='])
    try {
      const found = await examine(await newPerson(hiding), `http://localhost:${port}/doctor`)
      expect(failures(found)).toEqual([
        ['stun', 'stunSilent'],
        ['turn', 'turnSilent'],
        ['public-url', 'publicUrlOther'],
      ])
    } finally {
      await hiding.close()
    }
  })

  test('names a page that came over plain http', async () => {
    const page = await person()
    await page.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }))
    expect(failures(await examine(page, `${server.url}/doctor`))).toEqual([['secure-context', 'insecure']])
  })

  /** Somebody publishes a small file; resolves with its info hash. */
  async function publishSmall(name: string): Promise<string> {
    writeTree(folder.path, { [name]: name })
    return (await publisher().publish(join(folder.path, name))).metainfo.infoHash
  }

  test('calls somebody who has the share, and says how long that took', async () => {
    const infoHash = await publishSmall('reached.txt')
    const page = await person()
    const found = await examine(page, `${server.url}/doctor?share=${infoHash}&tried=1`)
    expect(failures(found)).toEqual([])
    expect(found['peer']).toBe('pass peerReached')
    const text = await page.locator('[data-check=peer]').textContent()
    expect(Number(/after (\d+) ms/.exec(text ?? '')?.[1])).toBeGreaterThan(0)
  })

  test('tells somebody who cannot be reached from nobody, and from a share that is gone', {
    tags: 'long',
  }, async () => {
    const infoHash = await publishSmall('unreached.txt')
    const page = await person()
    // Whatever the other side answers leads nowhere.
    await page.addInitScript(() => {
      RTCPeerConnection.prototype.setRemoteDescription = () => new Promise(() => {})
    })
    const found = await examine(page, `${server.url}/doctor?share=${infoHash}`)
    expect(found['peer']).toBe('fail peerUnreached')

    const alone = await publishNamed(server.url, 'alone')
    const other = await person()
    expect((await examine(other, `${server.url}/doctor?share=${alone.infoHash}`))['peer']).toBe(
      'skip nobodyThere',
    )
    expect((await examine(other, `${server.url}/doctor?share=${'b'.repeat(40)}`))['peer']).toBe(
      'skip shareGone',
    )
  })

  test.each<[string, (socket: WebSocketRoute) => void]>([
    ['closes', socket => void socket.close()],
    ['is silent', () => undefined],
  ])('says so when it could not look for others because the tracker %s', async (_, handler) => {
    const page = await person()
    await page.routeWebSocket(/\/announce/, handler)
    const found = await examine(page, `${server.url}/doctor?share=${'c'.repeat(40)}`)
    expect(found['peer']).toBe('fail peerUnknown')
  })

  test('calls nobody where only servers may be asked', async () => {
    const page = await person()
    await page.goto(`${server.url}/doctor`)
    await page.evaluate(() => localStorage.setItem('tabseed-connect', 'server'))
    const found = await examine(page, `${server.url}/doctor?share=${'d'.repeat(40)}`)
    expect(found['peer']).toBe('skip noPeersWanted')
  })

  test('takes up what the page of a share found, and gives a report without addresses unless they are wanted', async () => {
    const page = await person()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const found = await examine(page, `${server.url}/doctor?share=${'a'.repeat(40)}&tried=2`)
    expect(failures(found)).toEqual([['peer', 'peerUnreached']])
    const copy = async () => {
      await page.getByRole('button', { name: 'Copy the report' }).click()
      return page.evaluate(() => navigator.clipboard.readText())
    }
    const plain = await copy()
    expect(plain).toContain(
      'fail  People with the share you came from: 2 people are online but cannot be reached.',
    )
    expect(plain).not.toMatch(/\d+\.\d+\.\d+\.\d+|localhost/)
    await page.getByRole('checkbox', { name: 'With addresses' }).click()
    expect(await copy()).toContain('host ')
  })
})
