/**
 * What Lighthouse measures of each page, on a phone of the middle class: script bytes, LCP, CLS and TBT, medians of several first
 * visits; with a checkout of an older state, both in turn and how they compare.
 *
 *     npm run bench:pages [-- --rounds 5] [--against DIR] [--shifts]
 *
 * `--shifts` also prints what moved on each page in its last visit.
 */
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { launchChromium } from '../tests/support/browser/chromium.ts'
import { figuresOf, type PageFigures, watchFigures } from '../tests/support/browser/page-figures.ts'
import { closePerson, newPerson, PHONE } from '../tests/support/browser/pages.ts'
import { publishNamed } from '../tests/support/content/shares.ts'
import { startServer } from '../tests/support/server/test-server.ts'
import { median, print } from './support.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    against: { type: 'string' },
    shifts: { type: 'boolean', default: false },
  },
})

/** Lighthouse's "Slow 4G" and its slowdown of the processor, for a phone of the middle class. */
const LINE = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 }
const CPU_SLOWDOWN = 4

type Figure = keyof Omit<PageFigures, 'shifts'>
const FIGURES: readonly (readonly [Figure, string, (value: number) => string])[] = [
  ['scriptBytes', 'scripts', value => `${(value / 1000).toFixed(1)} kB`],
  ['lcp', 'LCP', value => `${Math.round(value)} ms`],
  ['cls', 'CLS', value => value.toFixed(4)],
  ['tbt', 'TBT', value => `${Math.round(value)} ms`],
]

/** A running server of one state of the code, with a share. */
interface Subject {
  readonly url: string
  readonly pages: Readonly<Record<string, string>>
}

async function subjectOf(url: string): Promise<Subject> {
  const { infoHash } = await publishNamed(url, 'Field recordings.zip')
  const pages = {
    '/': '',
    '/d/…': `d/${infoHash}`,
    '/library': 'library',
    '/status': 'status',
    '/doctor': 'doctor',
  }
  return {
    url,
    pages: Object.fromEntries(Object.entries(pages).map(([name, path]) => [name, `${url}/${path}`])),
  }
}

/** A first visit: nothing is cached. */
async function visit(browser: Browser, address: string): Promise<PageFigures> {
  const page = await newPerson(browser, PHONE)
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', LINE)
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN })
  await watchFigures(page)
  await page.goto(address)
  await page.waitForLoadState('networkidle')
  const figures = await figuresOf(page)
  await closePerson(page)
  return figures
}

/** The same function of another checkout: it builds and starts the code it is part of. */
async function startOther(directory: string): Promise<Awaited<ReturnType<typeof startServer>>> {
  const file = join(resolve(directory), 'tests/support/server/test-server.ts')
  const other = (await import(pathToFileURL(file).href)) as { startServer: typeof startServer }
  return other.startServer()
}

await using servers = new AsyncDisposableStack()
const now = await subjectOf(servers.use(await startServer()).url)
const before =
  options.against === undefined ? null : await subjectOf(servers.use(await startOther(options.against)).url)
const browser = await launchChromium()

const rows: string[][] = []
const moved: string[] = []
for (const name of Object.keys(now.pages)) {
  const found = { before: [] as PageFigures[], now: [] as PageFigures[] }
  for (let round = 0; round < Number(options.rounds); round += 1) {
    if (before) found.before.push(await visit(browser, before.pages[name] ?? ''))
    found.now.push(await visit(browser, now.pages[name] ?? ''))
  }
  const medianOf = (visits: readonly PageFigures[], figure: Figure) =>
    median(visits.map(each => each[figure]))
  moved.push(...(found.now.at(-1)?.shifts ?? []).map(shift => `${name}: ${shift}`))
  rows.push([
    name,
    ...FIGURES.map(([figure, , format]) => {
      const value = medianOf(found.now, figure)
      if (!before) return format(value)
      const old = medianOf(found.before, figure)
      const ratio = old === 0 ? '' : ` (×${(value / old).toFixed(2)})`
      return `${format(old)} → ${format(value)}${ratio}`
    }),
  ])
}
await browser.close()

print(`| page | ${FIGURES.map(([, title]) => title).join(' | ')} |`)
print(`|---${'|---'.repeat(FIGURES.length)}|`)
for (const row of rows) print(`| ${row.join(' | ')} |`)
if (options.shifts) for (const line of moved) print(line)
