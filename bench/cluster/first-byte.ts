/**
 * How much later the first verified bytes come when publisher and reader are on two nodes: `npm run bench:cluster-first-byte`. One publisher's tab
 * on node a; readers' tabs come to a and to b in turns, each new; seconds from the click on Download. PostgreSQL and Redis are the bench's own.
 *
 *     npm run bench:cluster-first-byte [-- --readers 10]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { launchChromium } from '../../tests/support/browser/chromium.ts'
import { closePerson, newPerson, publish } from '../../tests/support/browser/pages.ts'
import { noise, tempFolder, writeTree } from '../../tests/support/content/fixtures.ts'
import { startRedis } from '../../tests/support/relay/redis-server.ts'
import { startPostgres } from '../../tests/support/server/postgres.ts'
import { startServer } from '../../tests/support/server/test-server.ts'
import { median, print } from '../support.ts'

const { values: options } = parseArgs({ options: { readers: { type: 'string', default: '10' } } })
const readers = Number(options.readers)

using folder = tempFolder()
writeTree(folder.path, { 'far.bin': noise(2_000_000, 17) })
await using postgres = await startPostgres()
await using redis = await startRedis()
const database = await postgres.create()
const startNode = (name: string) =>
  startServer([], { TABSEED_DATABASE: database, TABSEED_REDIS: redis.url, TABSEED_NODE: name })
await using a = await startNode('a')
await using b = await startNode('b')
const browser = await launchChromium()

/** Seconds from the click to the first verified bytes. */
const firstBytes = (page: Page) =>
  page.evaluate(async () => {
    const share = document.querySelector<HTMLElement>('[data-share]')
    const button = [...document.querySelectorAll('button')].find(({ textContent }) =>
      textContent.includes('Download'),
    )
    const start = performance.now()
    const came = new Promise<number>(resolve => {
      const look = () => {
        if (Number(share?.dataset['downloaded']) > 0) resolve((performance.now() - start) / 1000)
      }
      if (share) new MutationObserver(look).observe(share, { attributes: true })
    })
    button?.click()
    return came
  })

const publisher = await newPerson(browser)
const link = await publish(publisher, a.url, { files: [join(folder.path, 'far.bin')] })
const took: Record<'a' | 'b', number[]> = { a: [], b: [] }
for (let reader = 0; reader < readers; reader += 1) {
  for (const [name, { url }] of [
    ['a', a],
    ['b', b],
  ] as const) {
    const page = await newPerson(browser)
    await page.goto(link.replace(a.url, url))
    await page.locator('[data-share][data-presence=online]').waitFor()
    await page.getByRole('button', { name: /Download/ }).waitFor()
    took[name].push(await firstBytes(page))
    await closePerson(page)
  }
}
const line = (times: readonly number[]) =>
  `median ${median(times).toFixed(2)} s, slowest ${Math.max(...times).toFixed(2)} s`
print(`first verified bytes, ${readers} readers each:`)
print(`  on the publisher's node: ${line(took.a)}`)
print(`  on another node: ${line(took.b)}; ${(median(took.b) - median(took.a)).toFixed(2)} s later`)
await browser.close()
