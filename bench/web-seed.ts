/**
 * One file from a plain HTTP server to a browser's disk, side by side in one Chromium: our engine with that server as its
 * web seed and no peers (every piece hashed, until the store is closed), and a bare `fetch` of the whole file in a worker
 * that writes what comes into one sync access handle and flushes once: what the browser alone can do.
 *
 *     npm run bench:web-seed [-- --bytes 536870912 --piece 1048576 --rounds 5]
 */
import { createHash } from 'node:crypto'
import { createReadStream, openSync, readSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { spawnChromium } from '../tests/support/browser/chromium.ts'
import { bundleOurs, serveStorePage } from '../tests/support/browser/store-page/store-page.ts'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { MB, median, print } from './support.ts'
import type { Contender, Plan, Result } from './web-seed/page.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(512 * 1024 ** 2) },
    piece: { type: 'string', default: String(1024 ** 2) },
    rounds: { type: 'string', default: '5' },
  },
})
const length = Number(options.bytes)
const pieceLength = Number(options.piece)

using folder = tempFolder()
const path = join(folder.path, 'content.bin')
writeRandomFile(path, length)
const results = await runInTab(folder.path)

const secondsOf = (name: Contender) =>
  results.filter(({ contender }) => contender === name).map(({ seconds }) => seconds)
print(`${length} bytes in pieces of ${pieceLength}, median of ${options.rounds} (MB/s; all rounds)`)
for (const name of ['ours', 'bare'] as const) {
  const rates = secondsOf(name).map(seconds => length / MB / seconds)
  print(
    `${name.padEnd(8)} ${median(rates).toFixed(0).padStart(6)}   [${rates.map(r => r.toFixed(0)).join(' ')}]`,
  )
}
print(`ours / bare fetch: ${(median(secondsOf('bare')) / median(secondsOf('ours'))).toFixed(2)}`)

/**
 * Serve the file, and what to do with it, to a page of its own. No debugger is attached to that browser: one keeps a
 * copy of every answer below 20 MB or so, which doubles what they cost.
 */
async function runInTab(workFolder: string): Promise<readonly Result[]> {
  const done = Promise.withResolvers<readonly Result[]>()
  const server = createServer(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    if (request.url === '/plan') {
      response.end(JSON.stringify(plan))
    } else if (request.url === '/results') {
      done.resolve((await json(request)) as readonly Result[])
      response.end()
    } else {
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
      const [start, end] = range ? [Number(range[1]), Number(range[2])] : [0, length - 1]
      response.setHeader('access-control-expose-headers', 'content-range')
      if (range) response.setHeader('content-range', `bytes ${start}-${end}/${length}`)
      response.writeHead(range ? 206 : 200, { 'content-length': String(end - start + 1) })
      createReadStream(path, { start, end, highWaterMark: 1024 * 1024 }).pipe(response)
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const plan: Plan = {
    url: `${origin}/content.bin`,
    length,
    pieceLength,
    hashes: hashPieces().toString('base64'),
    rounds: Number(options.rounds),
  }
  const page = await serveStorePage(join(import.meta.dirname, 'web-seed/page.ts'), {
    '/bare-worker.js': await bundleOurs(join(import.meta.dirname, 'web-seed/bare-worker.ts')),
  })
  const browser = spawnChromium(join(workFolder, 'profile'), `${page.url}?${origin}`)
  try {
    return await done.promise
  } finally {
    await browser.close()
    page.close()
    server.close()
  }
}

function hashPieces(): Buffer {
  const file = openSync(path, 'r')
  const piece = Buffer.alloc(pieceLength)
  const digests: Buffer[] = []
  for (let at = 0; at < length; at += pieceLength) {
    const size = readSync(file, piece, 0, pieceLength, at)
    digests.push(createHash('sha1').update(piece.subarray(0, size)).digest())
  }
  return Buffer.concat(digests)
}
