import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { closePerson, publish, startDownload, waitForState } from '../support/browser/pages.ts'
import { noise, tempFolder } from '../support/content/fixtures.ts'
import { describeInLab } from '../support/nat/describe-in-lab.ts'
import { NatLab, PUBLIC_V4 } from '../support/nat/nat-lab.ts'
import { labPerson, labTurn, STUN, TURN } from '../support/nat/nat-stage.ts'
import { labServer } from '../support/net/lab-server.ts'

const origin = (port: number) => `http://${PUBLIC_V4}:${port}`

/** The homes, inside and out. */
const THEIRS = /10\.[12]\.0\.2|203\.0\.113\.10[12]/

describeInLab('where everything could go straight', () => {
  const folder = tempFolder()
  const stack = new AsyncDisposableStack()
  const people: Page[] = []
  let lab: NatLab

  beforeAll(async () => {
    lab = stack.use(NatLab.open())
    stack.use(await labTurn(lab))
    stack.use(await labServer(lab, 'public', 3001, STUN))
    stack.use(await labServer(lab, 'public', 3002, TURN))
    stack.use(await labServer(lab, 'public', 3003, [...TURN, '--connect', 'relay']))
  })
  afterEach(async () => {
    await Promise.all(people.splice(0).map(closePerson))
  })
  afterAll(async () => {
    await stack.disposeAsync()
    folder[Symbol.dispose]()
  })

  /** Somebody, and all that their page says to the tracker, which hands it to others. */
  const person = async (name: string) => {
    const page = await labPerson(lab, name)
    people.push(page)
    const said: string[] = []
    page.on('websocket', socket => socket.on('framesent', ({ payload }) => said.push(String(payload))))
    return { page, said }
  }

  let files = 0
  const publishFile = (page: Page, port: number) => {
    const path = join(folder.path, `${++files}.bin`)
    writeFileSync(path, noise(300_000, files))
    return publish(page, origin(port), { files: [path] })
  }

  const chooseRelay = async (page: Page, port: number) => {
    await page.goto(`${origin(port)}/doctor`)
    await page.getByText('How you connect').click()
    await page.getByRole('radio', { name: /Relay only/ }).check()
  }

  test('with relays only set by the operator, all connections are relayed and no address is revealed', async () => {
    const [publisher, reader] = [await person('homea'), await person('homeb')]
    await startDownload(reader.page, await publishFile(publisher.page, 3003))
    await waitForState(reader.page, 'done')
    for (const { page, said } of [publisher, reader]) {
      expect(await page.locator('tr[data-via]').first().getAttribute('data-via')).toBe('relay')
      expect(said.join()).toContain('typ relay')
      expect(said.join()).not.toMatch(THEIRS)
    }
  })

  test('a reader may choose relays only where the operator does not, and is hidden as well', {
    tags: 'long',
  }, async () => {
    const [publisher, reader] = [await person('homea'), await person('homeb')]
    await chooseRelay(reader.page, 3002)
    await startDownload(reader.page, await publishFile(publisher.page, 3002))
    await waitForState(reader.page, 'done')
    expect(await reader.page.locator('tr[data-via=relay]').count()).toBe(1)
    expect(reader.said.join()).not.toMatch(THEIRS)
  })

  test('relays only where there is no relay is an error, and nothing is announced', {
    tags: 'long',
  }, async () => {
    const [publisher, reader] = [await person('homea'), await person('homeb')]
    // Chosen while there was a relay: now it can only be left.
    await reader.page.goto(`${origin(3001)}/doctor`)
    await reader.page.evaluate(() => localStorage.setItem('tabseed-connect', 'relay'))
    await reader.page.reload()
    await reader.page.getByText('How you connect').click()
    await reader.page.locator('label[data-unavailable]').getByRole('radio', { checked: true }).waitFor()
    await startDownload(reader.page, await publishFile(publisher.page, 3001))
    await reader.page.locator('[data-error=relay_missing]').waitFor()
    expect(reader.said.filter(text => text.includes('announce'))).toEqual([])
  })
})
