import type { Browser, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { launchChromium, watchHealth } from '../../support/browser/chromium.ts'
import { closePerson, newPerson, waitForState } from '../../support/browser/pages.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

/** The page looks for this long at most: as long as a silent STUN server may take. */
const LIMIT_MS = 30_000

/** Nothing listens there. */
const SILENT = '127.0.0.1:9'

describe('the doctor', () => {
  let browser: Browser
  let server: TestServer
  let broken: TestServer
  const people: Page[] = []
  beforeAll(async () => {
    browser = await launchChromium()
    server = await startServer()
    broken = await startServer([
      ...['--public-url', 'https://other.example', '--turn-secret', 'x', '--turn-urls', `turn:${SILENT}`],
      ...['--ice-servers', JSON.stringify([{ urls: [`stun:${SILENT}`, 'stun:127.0.0.1:10'] }])],
    ])
  })
  afterEach(async () => {
    await Promise.all(people.splice(0).map(closePerson))
  })
  afterAll(async () => {
    await browser.close()
    await Promise.all([server.stop(), broken.stop()])
  })

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

  const person = async () => {
    const page = await newPerson(browser)
    people.push(page)
    return page
  }

  test('finds nothing in the way of a healthy browser, and tells what there is no server for', async () => {
    const page = await person()
    const complaints = watchHealth(page.context(), server.url)
    const found = await examine(page, `${server.url}/doctor`)
    expect(failures(found)).toEqual([])
    expect(found).toMatchObject({ stun: 'skip noStun', turn: 'skip noTurn', peer: 'skip noShare' })
    expect(Object.keys(found)).toHaveLength(14)
    expect(complaints).toEqual([])
  })

  /** What is broken, by whom, and the check and the cause that must name it: this one and no other. */
  const FAULTS: readonly (readonly [
    check: string,
    cause: string,
    breakIt: (page: Page) => Promise<unknown>,
  ])[] = [
    [
      'loopback',
      'loopbackFailed',
      page => page.addInitScript(() => (RTCDataChannel.prototype.send = () => undefined)),
    ],
    ['tracker', 'trackerClosed', page => page.routeWebSocket(/\/announce/, socket => void socket.close())],
    ['tracker', 'trackerSilent', page => page.routeWebSocket(/\/announce/, () => undefined)],
    ['client-address', 'proxyUnknown', page => page.setExtraHTTPHeaders({ 'x-forwarded-for': '192.0.2.1' })],
    [
      'clock',
      'clockOff',
      page =>
        page.addInitScript(() => {
          const now = Date.now.bind(Date)
          Date.now = () => now() + 100_000
        }),
    ],
    [
      'storage',
      'storageMissing',
      page =>
        page.addInitScript(() => {
          StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('', 'SecurityError'))
        }),
    ],
    [
      'storage',
      'storageBroken',
      page =>
        page.addInitScript(() => {
          Worker.prototype.postMessage = () => {
            throw new DOMException('', 'DataCloneError')
          }
        }),
    ],
    [
      'storage',
      'storageFull',
      async page => {
        const session = await page.context().newCDPSession(page)
        await session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 20_000 })
      },
    ],
    ['public-url', 'serverSilent', page => page.route(/\/api\/doctor$/, route => route.abort())],
    ['clock', 'serverSilent', page => page.route(/\/healthz$/, route => route.abort())],
    ['candidates', 'serverSilent', page => page.route(/\/api\/ice$/, route => route.abort())],
    [
      'service-worker',
      'workerMissing',
      page =>
        page.addInitScript(() => {
          ServiceWorkerContainer.prototype.register = () =>
            Promise.reject(new DOMException('', 'SecurityError'))
        }),
    ],
  ]
  test.each(FAULTS)('names %s: %s', async (check, cause, breakIt) => {
    const page = await person()
    await breakIt(page)
    const found = await examine(page, `${server.url}/doctor`)
    // One silent route is behind all checks that need it; else this check fails and no other.
    expect(new Set(failures(found).map(([, named]) => named))).toEqual(new Set([cause]))
    expect(failures(found)).toContainEqual([check, cause])
    if (cause !== 'serverSilent') expect(failures(found)).toHaveLength(1)
    // The cause and the step that mends it stand on the page as sentences.
    const [, ...sentences] = await page.locator(`[data-check=${check}] p`).allTextContents()
    expect(sentences).toHaveLength(2)
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/)
  })

  test('names a browser without WebRTC, and does not look at what needs it', async () => {
    const page = await person()
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'RTCPeerConnection'))
    const found = await examine(page, `${server.url}/doctor`)
    expect(failures(found)).toEqual([['webrtc', 'webrtcMissing']])
    expect(found).toMatchObject({ loopback: 'skip needsWebrtc', candidates: 'skip needsWebrtc' })
  })

  test('names a browser that may not use UDP', async () => {
    const guarded = await launchChromium(['--webrtc-ip-handling-policy=disable_non_proxied_udp'])
    try {
      const found = await examine(await newPerson(guarded), `${server.url}/doctor`)
      expect(found['candidates']).toBe('fail noCandidates')
    } finally {
      await guarded.close()
    }
  })

  test('names servers that do not answer, and links that lead elsewhere', async () => {
    // Its own address is not the one it tells.
    const port = await vi.waitUntil(() => /"port":(\d+)/.exec(broken.stderr())?.[1])
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

  /** Somebody who publishes a small file; resolves with its info hash. */
  async function publishSmall(name: string): Promise<string> {
    const page = await person()
    await page.goto(server.url)
    const file = { name, mimeType: 'text/plain', buffer: Buffer.from(name) }
    await page.locator('input[type=file]').first().setInputFiles(file)
    await page.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(page, 'seeding')
    return page.url().slice(-40)
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

  test('tells somebody who cannot be reached from nobody, and from a share that is gone', async () => {
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
      'fail  People with the share you came from: 2 people are there and could not be reached.',
    )
    expect(plain).not.toMatch(/\d+\.\d+\.\d+\.\d+|localhost/)
    await page.getByRole('checkbox', { name: 'With addresses' }).click()
    expect(await copy()).toContain('host ')
  })
})
