/**
 * One file from a publisher with a thin uplink to several readers who start together and can give to each other: what the
 * publisher sends, and how long it takes until the last reader has everything, beside the file's size and the time that
 * the uplink needs to send it once. Readers are tabs in Chromium; the publisher is a Node process with the same engine.
 *
 *     npm run bench:readers [-- --readers 4,8 --caps 2,4 --mb 64,32 --rounds 1]
 *     node bench/readers.ts --in node      # readers in this process too: quick, but one thread does everything
 *
 * `--mb`: the size for each cap, in MB; `--caps`: MB/s.
 */
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { launchChromium } from '../tests/support/browser/chromium.ts'
import { closePerson, newPerson, waitForScripts, waitForState } from '../tests/support/browser/pages.ts'
import { NodePublisher } from '../tests/support/clients/node-publisher.ts'
import { nodeSwarm } from '../tests/support/clients/node-swarm.ts'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { startServer } from '../tests/support/server/test-server.ts'
import { MB, median, print } from './support.ts'

const { values: options } = parseArgs({
  options: {
    readers: { type: 'string', default: '4,8' },
    caps: { type: 'string', default: '2,4' },
    mb: { type: 'string', default: '64,32' },
    rounds: { type: 'string', default: '1' },
    in: { type: 'string', default: 'chromium' },
  },
})
const numbers = (list: string) => list.split(',').map(Number)
const sizes = numbers(options.mb)
const LIMIT_MS = 300_000

interface Case {
  readonly readers: number
  /** Bytes a second. */
  readonly cap: number
  readonly size: number
}

/** What the publisher sent, in bytes, and seconds until each reader had everything. */
interface Outcome {
  readonly sent: number
  readonly seconds: readonly number[]
}

async function inNode(swarmCase: Case): Promise<Outcome> {
  await using swarm = await nodeSwarm(swarmCase)
  const start = performance.now()
  await swarm.start()
  const seconds = await Promise.all(
    swarm.readers.map(async reader => {
      while (swarm.stateOf(reader).state !== 'done') {
        if (performance.now() - start > LIMIT_MS) throw new Error('it did not finish in time')
        await delay(50)
      }
      return (performance.now() - start) / 1000
    }),
  )
  return { sent: swarm.stateOf(swarm.publisher).uploaded, seconds }
}

async function inChromium({ cap, readers: count, size }: Case): Promise<Outcome> {
  await using ends = new AsyncDisposableStack()
  const folder = ends.use(tempFolder())
  const server = ends.use(await startServer())
  const publisher = new NodePublisher(server.url)
  ends.defer(() => publisher.close())
  publisher.limit(cap)
  const path = join(folder.path, 'content.bin')
  writeRandomFile(path, size)
  const share = await publisher.publish(path)
  const browser = await launchChromium()
  ends.defer(() => browser.close())
  const buttons = []
  for (let reader = 0; reader < count; reader++) {
    const page = await newPerson(browser)
    page.setDefaultTimeout(LIMIT_MS)
    ends.defer(() => closePerson(page))
    await page.goto(share.link)
    const button = page.getByRole('button', { name: /Download/ }).first()
    await waitForScripts(button)
    buttons.push({ page, button })
  }
  const start = performance.now()
  const seconds = await Promise.all(
    buttons.map(async ({ button, page }) => {
      await button.evaluate(node => (node as HTMLElement).click())
      await waitForState(page, 'done', LIMIT_MS)
      return (performance.now() - start) / 1000
    }),
  )
  return { sent: share.uploaded(), seconds }
}

for (const [at, capMb] of numbers(options.caps).entries()) {
  for (const readers of numbers(options.readers)) {
    for (let round = 0; round < Number(options.rounds); round++) {
      const size = (sizes[at] ?? sizes[0] ?? 64) * MB
      const cap = capMb * MB
      const { seconds, sent } = await (options.in === 'node' ? inNode : inChromium)({ readers, cap, size })
      const times = (value: number) => ((value * cap) / size).toFixed(2)
      print(
        `${readers} readers, ${size / MB} MB at ${capMb} MB/s: sent ${(sent / size).toFixed(2)} x the file; ` +
          `last whole after ${times(Math.max(...seconds))} x, median ${times(median(seconds))} x size/cap ` +
          `(${Math.max(...seconds).toFixed(1)} s)`,
      )
    }
  }
}
process.exit(0)
