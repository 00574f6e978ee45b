import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { findFiles } from '../../server/node-engine/hashing/local-files.ts'
import { makeTorrent } from '../../server/node-engine/hashing/make-torrent.ts'
import { closePerson, publish, startDownload, waitForState } from '../support/browser/pages.ts'
import { noise, tempFolder } from '../support/content/fixtures.ts'
import { describeInLab } from '../support/nat/describe-in-lab.ts'
import { NatLab, PUBLIC_V4, PUBLIC_V6, type RouterKind } from '../support/nat/nat-lab.ts'
import { LAN_ORIGIN, labPerson, labTurn, STUN, TURN, TURN_TLS } from '../support/nat/nat-stage.ts'
import { labServer } from '../support/net/lab-server.ts'

const PORTS = { stun: 3001, turn: 3002, server: 3003, turns: 3004 }
const origin = (server: keyof typeof PORTS, host: string = PUBLIC_V4) => `http://${host}:${PORTS[server]}`

describeInLab('a reader and a publisher', () => {
  const folder = tempFolder()
  const publishFolder = join(folder.path, 'publish')
  const held = join(publishFolder, 'held.bin')
  const stack = new AsyncDisposableStack()
  const people: Page[] = []
  let lab: NatLab

  beforeAll(async () => {
    mkdirSync(publishFolder)
    writeFileSync(held, noise(500_000, 71))
    lab = stack.use(NatLab.open())
    stack.use(await labTurn(lab))
    stack.use(await labServer(lab, 'public', PORTS.stun, STUN))
    stack.use(await labServer(lab, 'public', PORTS.turn, TURN))
    const keeping = ['--seeder', 'on', '--seeder-port', '0', '--publish-dir', publishFolder]
    stack.use(await labServer(lab, 'public', PORTS.server, [...keeping, '--connect', 'server']))
    stack.use(await labServer(lab, 'public', PORTS.turns, TURN_TLS))
    stack.use(await labServer(lab, 'lan0', 3000, []))
  })
  afterEach(async () => {
    await Promise.all(people.splice(0).map(closePerson))
  })
  afterAll(async () => {
    await stack.disposeAsync()
    folder[Symbol.dispose]()
  })

  const person = async (name: string) => {
    const page = await labPerson(lab, name)
    people.push(page)
    return page
  }

  let files = 0
  async function publishSmall(page: Page, server: string): Promise<string> {
    const path = join(folder.path, `${++files}.bin`)
    writeFileSync(path, noise(500_000, files))
    return publish(page, server, { files: [path] })
  }

  /** One publishes, the other presses the button; resolves with the page of the latter. */
  async function meet(server: string, publisher: string, reader: string): Promise<Page> {
    const link = await publishSmall(await person(publisher), server)
    const page = await person(reader)
    await startDownload(page, link)
    return page
  }

  /** Milliseconds until the first peer, and how it is connected. */
  async function firstPeer(page: Page): Promise<{ via: string | null; elapsed: number }> {
    const from = performance.now()
    const row = page.locator('tr[data-via]').first()
    await row.waitFor()
    const elapsed = performance.now() - from
    await waitForState(page, 'done')
    return { via: await row.getAttribute('data-via'), elapsed }
  }

  const homes = (a: RouterKind, b: RouterKind) => {
    lab.setRouter('a', a)
    lab.setRouter('b', b)
  }

  test('with IPv6 only are connected straight', { tags: 'long' }, async () => {
    homes('ipv6', 'ipv6')
    const { via } = await firstPeer(await meet(origin('stun', `[${PUBLIC_V6}]`), 'homea', 'homeb'))
    expect(via).toBe('direct')
  })

  test('in a network without a way out are connected straight, with no other host', {
    tags: 'long',
  }, async () => {
    const { via } = await firstPeer(await meet(LAN_ORIGIN, 'lan1', 'lan2'))
    expect(via).toBe('direct')
  })

  test('behind ordinary routers are connected straight, before anything falls back to a relay', async () => {
    homes('cone', 'cone')
    const { elapsed, via } = await firstPeer(await meet(origin('stun'), 'homea', 'homeb'))
    expect(via).toBe('direct')
    expect(elapsed).toBeLessThan(10_000)
  })

  const RELAYED = 'behind %s and %s routers go through TURN, and the page says so'
  async function expectRelayed(a: RouterKind, b: RouterKind): Promise<void> {
    homes(a, b)
    const page = await meet(origin('turn'), 'homea', 'homeb')
    expect((await firstPeer(page)).via).toBe('relay')
    await page.locator('[data-relayed]').waitFor()
  }
  test.each([['symmetric', 'symmetric']] as const)(RELAYED, expectRelayed)
  test.each([
    ['symmetric', 'cone'],
    ['udp-blocked', 'cone'],
    ['udp-blocked', 'udp-blocked'],
  ] as const)(RELAYED, { tags: 'long' }, expectRelayed)

  test('behind routers that let nothing but TLS through go through TURN over TLS', {
    tags: 'long',
  }, async () => {
    homes('tls-only', 'tls-only')
    const page = await meet(origin('turns'), 'homea', 'homeb')
    expect((await firstPeer(page)).via).toBe('relay')
  })

  /** One publisher for all: nobody reaches it. */
  let unreached: Promise<string> | undefined
  const MISSING = 'behind %s and %s routers without TURN say what is missing'
  async function expectMissing(a: RouterKind, b: RouterKind): Promise<void> {
    homes(a, b)
    unreached ??= publishSmall(await labPerson(lab, 'homea'), origin('stun'))
    const page = await person('homeb')
    await startDownload(page, await unreached)
    await page.locator('[data-unreached=relay]').waitFor()
    expect(await page.locator('tr[data-via]').count()).toBe(0)
  }
  test.each([
    ['symmetric', 'cone'],
    ['udp-blocked', 'cone'],
    ['udp-blocked', 'udp-blocked'],
    ['symmetric', 'symmetric'],
  ] as const)(MISSING, { tags: 'long' }, expectMissing)

  test('set to servers only, download from the web seed alone, with UDP blocked', async () => {
    homes('udp-blocked', 'cone')
    const { files: found } = await findFiles(held)
    const { metainfo } = await makeTorrent(found)
    const page = await person('homea')
    await startDownload(page, `${origin('server')}/d/${metainfo.infoHash}`)
    await waitForState(page, 'done')
    expect(await page.locator('li[data-via=webseed]').count()).toBe(1)
    expect(await page.locator('tr[data-via]').count()).toBe(0)
  })
})
