import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  closePerson,
  counter,
  limitUploads,
  publish,
  startDownload,
  waitForState,
} from '../support/browser/pages.ts'
import { noise, tempFolder } from '../support/content/fixtures.ts'
import { describeInLab } from '../support/nat/describe-in-lab.ts'
import { NatLab, PUBLIC_V4 } from '../support/nat/nat-lab.ts'
import { labPerson, labTurn, STUN, TURN } from '../support/nat/nat-stage.ts'
import { type LabService, labServer } from '../support/net/lab-server.ts'

/** A transfer goes on within so long of the end of a fault. */
const RECOVERY_MS = 30_000

/** At these many bytes a second the file takes longer than any fault here, on a busy machine too. */
const RATE = 200_000
const LENGTH = 12_000_000

/** More than may have been under way when the fault came. */
const UNDER_WAY = 1_000_000

describeInLab('in the middle of a transfer', () => {
  const folder = tempFolder()
  const stack = new AsyncDisposableStack()
  const people: Page[] = []
  let lab: NatLab
  let stun: LabService
  let turn: LabService

  beforeAll(async () => {
    lab = stack.use(NatLab.open())
    turn = stack.use(await labTurn(lab))
    stun = stack.use(await labServer(lab, 'public', 3001, STUN))
    stack.use(await labServer(lab, 'public', 3002, TURN))
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
  /** A transfer from home A to home B that has begun and takes its time. */
  async function begin(port: number): Promise<{ link: string; publisher: Page; reader: Page }> {
    const path = join(folder.path, `${++files}.bin`)
    writeFileSync(path, noise(LENGTH, files))
    const publisher = await person('homea')
    await limitUploads(publisher, RATE)
    const link = await publish(publisher, `http://${PUBLIC_V4}:${port}`, { files: [path] })
    const reader = await person('homeb')
    await startDownload(reader, link)
    await reach(reader, 1)
    return { link, publisher, reader }
  }

  /** Resolves when the reader has so many verified bytes. */
  const reach = (page: Page, bytes: number) =>
    page.waitForFunction(
      wanted =>
        Number(document.querySelector('[data-share]')?.getAttribute('data-downloaded') ?? 0) >= wanted,
      bytes,
      { timeout: RECOVERY_MS },
    )

  /** It goes on with what it had: nothing is lost, and more comes within the limit. */
  async function goesOn(page: Page, before: number): Promise<void> {
    const now = await counter(page, 'downloaded')
    expect(now).toBeGreaterThanOrEqual(before)
    await reach(page, now + UNDER_WAY)
  }

  /** Without the limit the rest comes at once: it is all there in the end. */
  async function ends(publisher: Page, reader: Page): Promise<void> {
    await publisher.locator('summary', { hasText: 'Speed limits' }).click()
    await publisher.getByRole('spinbutton', { name: 'Upload limit for all shares' }).fill('')
    await waitForState(reader, 'done', 60_000)
  }

  const seconds = (page: Page, count: number) => page.waitForTimeout(1000 * count)

  test('the tracker stops and restarts: the transfer goes on, and new readers connect afterwards', {
    tags: 'long',
  }, async () => {
    lab.setRouter('a', 'cone')
    lab.setRouter('b', 'cone')
    const { link, reader } = await begin(3001)
    await stun.kill()
    await reader.locator('[data-share][data-tracker=unreachable]').waitFor()
    await goesOn(reader, await counter(reader, 'downloaded'))
    await stun.restart()
    const second = await person('homeb')
    await startDownload(second, link)
    await second.locator('tr[data-via]').first().waitFor({ timeout: RECOVERY_MS })
    await goesOn(second, 0)
    await goesOn(reader, 1)
  })

  test('the relay dies and comes back', { tags: 'long' }, async () => {
    lab.setRouter('a', 'symmetric')
    lab.setRouter('b', 'symmetric')
    const { reader } = await begin(3002)
    await turn.kill()
    await reader.locator('tr[data-via]').first().waitFor({ state: 'detached' })
    const before = await counter(reader, 'downloaded')
    await turn.restart()
    await goesOn(reader, before)
  })

  test('a router loses its mappings', { tags: 'long' }, async () => {
    lab.setRouter('a', 'symmetric')
    lab.setRouter('b', 'symmetric')
    const { reader } = await begin(3002)
    const before = await counter(reader, 'downloaded')
    lab.restartRouter('a')
    lab.restartRouter('b')
    await goesOn(reader, before)
  })

  test('the cable is out for ten seconds', { tags: 'long' }, async () => {
    lab.setRouter('a', 'cone')
    lab.setRouter('b', 'cone')
    const { reader } = await begin(3001)
    lab.plug('b', false)
    const before = await counter(reader, 'downloaded')
    await seconds(reader, 10)
    lab.plug('b', true)
    await goesOn(reader, before)
  })

  test('the computer sleeps until its connections have timed out', { tags: 'long' }, async () => {
    lab.setRouter('a', 'cone')
    lab.setRouter('b', 'cone')
    const { publisher, reader } = await begin(3001)
    const before = await counter(reader, 'downloaded')
    lab.sleep('homeb', true)
    try {
      // Consent (RFC 7675) ends after 30 s.
      await publisher.locator('tr[data-via]').first().waitFor({ state: 'detached', timeout: 90_000 })
    } finally {
      lab.sleep('homeb', false)
    }
    await goesOn(reader, before)
    await ends(publisher, reader)
  })

  test('the computer moves to another network', { tags: 'long' }, async () => {
    lab.setRouter('a', 'cone')
    lab.setRouter('b', 'cone')
    const { publisher, reader } = await begin(3001)
    const before = await counter(reader, 'downloaded')
    lab.readdress('b', 3)
    await goesOn(reader, before)
    await ends(publisher, reader)
  })
})
