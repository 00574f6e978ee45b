/**
 * What a widget costs the page around it before anybody clicks: CPU time of the main thread until the page is quiet, for the
 * same page with a plain link, with a script that does nothing, with ours alone, and with cards; the median of many loads in turn.
 *
 *     npm run bench:embed [-- --rounds 25]
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../tests/support/browser/chromium.ts'
import { publishNamed } from '../tests/support/content/shares.ts'
import { startServer } from '../tests/support/server/test-server.ts'
import { median, print } from './support.ts'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '25' } } })
/** Module scripts run before the load event; what they put off is done within this. */
const QUIET_MS = 500

await using server = await startServer()
const { infoHash } = await publishNamed(server.url, 'image.iso')
const link = `<a href="${server.url}/d/${infoHash}">Download image.iso</a>`
const script = `<script type="module" src="${server.url}/embed.js"></script>`
const widget = `<tabseed-download share="${infoHash}" name="image.iso" size="100">${link}</tabseed-download>`
const PAGES: Readonly<Record<string, string>> = {
  'a link': link,
  'a link and an empty module': `<script type="module" src="/empty.js"></script>${link}`,
  'a link and the script': script + link,
  'a card': script + widget,
  'five cards': script + widget.repeat(5),
}

const host = createServer((request, response) => {
  if (request.url === '/empty.js') {
    response.setHeader('content-type', 'text/javascript')
    response.end('export {}')
    return
  }
  const body = PAGES[decodeURIComponent(request.url?.slice(1) ?? '')]
  response.setHeader('content-type', 'text/html')
  response.end(`<!doctype html><meta charset="utf-8"><title>host</title><main><h1>A page</h1>${body}</main>`)
})
await new Promise<void>(resolve => host.listen(0, '127.0.0.1', resolve))
const { port } = host.address() as AddressInfo

/** Milliseconds of CPU of the main thread for one load, twice: with an empty cache, and with what that left there. */
async function load(browser: Browser, name: string): Promise<readonly [cold: number, warm: number]> {
  const context = await browser.newContext()
  const times: number[] = []
  for (let visit = 0; visit < 2; visit += 1) {
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' })
    await session.send('Performance.enable')
    const taken = async () => {
      const { metrics } = await session.send('Performance.getMetrics')
      return 1000 * (metrics.find(metric => metric.name === 'TaskDuration')?.value ?? Number.NaN)
    }
    const before = await taken()
    await page.goto(`http://127.0.0.1:${port}/${encodeURIComponent(name)}`, { waitUntil: 'load' })
    // Nothing is asked of the page itself: that would take more time than the widget.
    await delay(QUIET_MS)
    times.push((await taken()) - before)
    await page.close()
  }
  await context.close()
  const [cold = Number.NaN, warm = Number.NaN] = times
  return [cold, warm]
}

const browser = await launchChromium()
const names = Object.keys(PAGES)
const found = new Map(names.map(name => [name, { cold: [] as number[], warm: [] as number[] }]))
await load(browser, 'a card')
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const name of names) {
    const [cold, warm] = await load(browser, name)
    found.get(name)?.cold.push(cold)
    found.get(name)?.warm.push(warm)
  }
}
await browser.close()
host.closeAllConnections()
host.close()

const medians = (name: string) => {
  const { cold = [], warm = [] } = found.get(name) ?? {}
  return { cold: median(cold), warm: median(warm) }
}
const bare = medians('a link')
print(`CPU of the main thread until the page is quiet, ms, median of ${options.rounds} loads`)
print('| page with | first visit | gain | again | gain |\n|---|---|---|---|---|')
for (const name of names) {
  const { cold, warm } = medians(name)
  const cells = [cold, cold - bare.cold, warm, warm - bare.warm].map(value => value.toFixed(1))
  print(`| ${name} | ${cells.join(' | ')} |`)
}
