/**
 * Keeping downloaded pieces in a browser, side by side in one Chromium: our store (hash included, until it is closed),
 * webtorrent's stock browser store (hashed on the page as webtorrent does), and a bare sync access handle in a worker
 * that hashes, writes and flushes once at the end: what the platform alone can do.
 *
 * Pieces are as long as a share of that size has them, unless told otherwise.
 *
 *     npm run bench:store [-- --bytes 536870912 --piece 524288 --rounds 5]
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { choosePieceLength } from '../lib/torrent/piece-length.ts'
import { launchProfile } from '../tests/support/browser/chromium.ts'
import { bundleOurs, serveStorePage } from '../tests/support/browser/store-page/store-page.ts'
import { tempFolder } from '../tests/support/content/fixtures.ts'
import type { Workload } from './store/page.ts'
import { bundle, MB, median, print } from './support.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(512 * 1024 ** 2) },
    piece: { type: 'string' },
    rounds: { type: 'string', default: '5' },
  },
})
const bytes = Number(options.bytes)
const pieceLength = Number(options.piece ?? choosePieceLength(bytes, ['content.bin']))
const pieces = Math.ceil(bytes / pieceLength)
const workload: Workload = { pieces, pieceLength, inFlight: 8 }

using folder = tempFolder()
const page = await serveStorePage(join(import.meta.dirname, 'store/page.ts'), {
  '/bare-worker.js': await bundleOurs(join(import.meta.dirname, 'store/bare-worker.ts')),
  '/fsa-chunk-store.js': await bundle('fsa-chunk-store/index.js'),
})
const browser = await launchProfile(folder.path)
const tab = await browser.newPage()
await tab.goto(page.url)
await tab.waitForFunction(() => 'benchStore' in globalThis)

const contenders = ['ours', 'stock', 'bare'] as const
const seconds: Record<(typeof contenders)[number], number[]> = { ours: [], stock: [], bare: [] }
for (let round = 0; round < Number(options.rounds); round++) {
  // Whoever comes next finds the disk busy with what the one before left: each has each place in turn.
  const first = round % contenders.length
  for (const name of [...contenders.slice(first), ...contenders.slice(0, first)]) {
    seconds[name].push(
      await tab.evaluate(([name, workload]) => globalThis.benchStore(name, workload), [
        name,
        workload,
      ] as const),
    )
  }
}
await browser.close()
page.close()

print(`${pieces} pieces of ${pieceLength} bytes, median of ${options.rounds} (MB/s; all rounds)`)
for (const name of contenders) {
  const rates = seconds[name].map(each => (pieces * pieceLength) / MB / each)
  print(
    `${name.padEnd(8)} ${median(rates).toFixed(0).padStart(6)}   [${rates.map(r => r.toFixed(0)).join(' ')}]`,
  )
}
const ours = median(seconds.ours)
print(`ours is ${(median(seconds.stock) / ours).toFixed(2)} x stock`)
print(`ours takes ${(ours / median(seconds.bare)).toFixed(2)} of the bare handle's time`)
