import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findFiles } from '../../server/node-engine/hashing/local-files.ts'
import { makeTorrent } from '../../server/node-engine/hashing/make-torrent.ts'
import { counter, newPerson, publish, startDownload, waitForState } from '../support/browser/pages.ts'
import { noise, tempFolder } from '../support/content/fixtures.ts'
import { labServer, labService } from '../support/net/lab-server.ts'
import { describeOnLine } from '../support/wan/describe-on-line.ts'
import { createLine, type Line } from '../support/wan/line.ts'

const TRAFFIC = join(import.meta.dirname, '../support/wan/traffic-script.ts')
const PORT = 4000

const serveTraffic = (line: Line, end: string) =>
  labService(line, () => line.spawn(end, process.execPath, TRAFFIC, 'serve', String(PORT)), /serving/, {
    [Symbol.dispose]() {},
  })

/** Round trips in milliseconds of the datagrams that came back. */
function ping(line: Line, from: string, to: string, count: number): number[] {
  const args = [TRAFFIC, 'ping', line.address(to), String(PORT), String(count)]
  return JSON.parse(line.run(from, process.execPath, ...args)).sort((a: number, b: number) => a - b)
}

/** Mbit/s of one TCP connection that fetches so many bytes. */
function fetchRate(line: Line, from: string, to: string, bytes: number): number {
  const url = `http://${line.address(to)}:${PORT}/${bytes}`
  return (Number(line.run(from, 'curl', '-sf', '-o', '/dev/null', '-w', '%{speed_download}', url)) * 8) / 1e6
}

describeOnLine('a line', () => {
  test('is as long as asked, and loses nothing on its own', async () => {
    await using line = await createLine({ roundTripMs: 80 })
    await using _server = await serveTraffic(line, 'a')
    const trips = ping(line, 'b', 'a', 400)
    expect(trips).toHaveLength(400)
    expect(trips[0]).toBeGreaterThan(79)
    expect(trips[200]).toBeLessThan(110)
  })

  test('loses as many packets as asked, each way', async () => {
    await using line = await createLine({ roundTripMs: 2, loss: 0.05 })
    await using _server = await serveTraffic(line, 'a')
    const back = ping(line, 'b', 'a', 1_000).length / 1_000
    // Four standard deviations around 0.95 squared.
    expect(back).toBeGreaterThan(0.865)
    expect(back).toBeLessThan(0.94)
  })

  test('carries as much as asked in each direction, and a queue makes what waits late', async () => {
    const ends = { a: { up: 40, down: 10 }, b: { up: 10, down: 100 } }
    await using line = await createLine({ roundTripMs: 20, queue: 200_000, ends })
    await using _a = await serveTraffic(line, 'a')
    await using _b = await serveTraffic(line, 'b')
    const down = fetchRate(line, 'b', 'a', 8_000_000)
    expect(down).toBeGreaterThan(25)
    expect(down).toBeLessThan(40)
    const up = fetchRate(line, 'a', 'b', 2_000_000)
    expect(up).toBeGreaterThan(6)
    expect(up).toBeLessThan(10)
    const big = line.spawn(
      'b',
      'curl',
      '-s',
      '-o',
      '/dev/null',
      `http://${line.address('a')}:${PORT}/100000000`,
    )
    const [longest] = ping(line, 'b', 'a', 400).slice(-1)
    await line.stop(big)
    // 200,000 bytes wait 40 ms at 40 Mbit/s.
    expect(longest).toBeGreaterThan(35)
    expect(longest).toBeLessThan(120)
  })

  test('joins more than two ends', async () => {
    await using line = await createLine({ roundTripMs: 10, ends: { a: null, b: null, c: null } })
    await using _server = await serveTraffic(line, 'a')
    expect(ping(line, 'b', 'a', 40)).toHaveLength(40)
    expect(ping(line, 'c', 'a', 40)).toHaveLength(40)
  })

  test('a page downloads from a page across it', async () => {
    await using line = await createLine({ roundTripMs: 50, loss: 0.001, mbits: 50 })
    const origin = `http://${line.address('a')}:3000`
    await using _server = await labServer(line, 'a', 3000, [])
    using folder = tempFolder()
    const path = join(folder.path, 'file.bin')
    writeFileSync(path, noise(2_000_000, 16))
    const publisher = await newPerson(await line.chromium('a', [origin]))
    const reader = await newPerson(await line.chromium('b', [origin]))
    await startDownload(reader, await publish(publisher, origin, { files: [path] }))
    await reader.locator('tr[data-via=direct]').first().waitFor()
    await waitForState(reader, 'done')
  })

  test('a page takes by HTTP what a server gives sooner than its peers, and says so', async () => {
    await using line = await createLine({ roundTripMs: 50, mbits: 50 })
    const origin = `http://${line.address('a')}:3000`
    using folder = tempFolder()
    const publishFolder = join(folder.path, 'publish')
    mkdirSync(publishFolder)
    const path = join(publishFolder, 'kept.bin')
    writeFileSync(path, noise(8_000_000, 17))
    const { infoHash } = (await makeTorrent((await findFiles(path)).files)).metainfo
    const keeping = ['--seeder', 'on', '--seeder-port', '0', '--publish-dir', publishFolder]
    await using _server = await labServer(line, 'a', 3000, keeping)
    const held = ['-so', '/dev/null', '-w', '%{http_code}', '-I', `${origin}/w/${infoHash}/kept.bin`]
    await expect.poll(() => line.run('a', 'curl', ...held), { timeout: 60_000 }).toBe('200')
    const reader = await newPerson(await line.chromium('b', [origin]))
    await startDownload(reader, `${origin}/d/${infoHash}`)
    await waitForState(reader, 'done')
    expect(await counter(reader, 'from-web-seeds')).toBeGreaterThan(4_000_000)
    await reader.getByText(/came from other people/).waitFor()
  })
})
