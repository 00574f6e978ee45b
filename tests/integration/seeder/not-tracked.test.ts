import { once } from 'node:events'
import { openAsBlob, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { formatMagnet } from '../../../lib/torrent/magnet.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { runCli } from '../../support/clients/cli.ts'
import { contentIn } from '../../support/clients/node-publisher.ts'
import { sha256File, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp } from '../../support/server/app.ts'

const IDLE = ['--idle-timeout', '20']

/** A share that is on no list of `closed`, is seeded at `open`, and is in no other way known to anybody. */
async function setUp() {
  const folder = tempFolder()
  const [closed, open] = [await startApp(), await startApp({ TABSEED_TRACKER_ACCESS: 'open' })]
  const { metainfo, path } = await contentIn(folder.path, 700_000, 43)
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const port = await engine.listen()
  await engine.publish(metainfo, [await openAsBlob(path)], {
    trackers: [open.announceUrl],
    iceServers: [],
    webSeeds: [],
  })
  /** What `get` does with a `.torrent` that names these. */
  const get = async (trackers: readonly string[], webSeeds: readonly string[] = []) => {
    const { infoBytes } = metainfo
    const torrent = encodeTorrent({ infoBytes, announceList: trackers.map(url => [url]), webSeeds })
    writeTree(folder.path, { 'some.torrent': torrent })
    const got = await runCli(folder.path, 'get', ...IDLE, '-o', 'got', 'some.torrent')
    return { ...got, isRight: () => sha256File(join(folder.path, 'got', metainfo.name)) === sha256File(path) }
  }
  return {
    closed,
    open,
    folder,
    metainfo,
    path,
    port,
    get,
    [Symbol.asyncDispose]: async () => {
      await engine.close()
      await closed[Symbol.asyncDispose]()
      await open[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

test('a tracker that does not track a share is no end while another one does', async () => {
  await using it = await setUp()
  const refusing = [it.closed.announceUrl, `${it.closed.url}/announce`]
  const got = await it.get([...refusing, it.open.announceUrl])
  expect(got.code, got.stderr).toBe(0)
  expect(got.isRight()).toBe(true)
  expect(got.stderr).toContain(`tracker ${it.closed.announceUrl}: not a share of this server`)
})

test('nor while a web seed is left', async () => {
  await using it = await setUp()
  const bytes = readFileSync(it.path)
  // It takes its time: the tracker has refused by then.
  const bucket = createServer((request, response) => {
    const [, from = '0', to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? []
    const end = to ? Number(to) + 1 : bytes.length
    setTimeout(() => {
      response.writeHead(206, {
        'content-range': `bytes ${from}-${end - 1}/${bytes.length}`,
        'content-length': end - Number(from),
      })
      response.end(bytes.subarray(Number(from), end))
    }, 1_500)
  }).listen(0, '127.0.0.1')
  await once(bucket, 'listening')
  const { port } = bucket.address() as AddressInfo
  const got = await it.get([it.closed.announceUrl], [`http://127.0.0.1:${port}/${it.metainfo.name}`])
  bucket.close()
  expect(got.code, got.stderr).toBe(0)
  expect(got.isRight()).toBe(true)
})

test('nor while a magnet link names a peer', async () => {
  await using it = await setUp()
  const { infoHash, name } = it.metainfo
  const peers = [`127.0.0.1:${it.port}`]
  const magnet = formatMagnet({
    infoHash,
    name,
    length: null,
    trackers: [it.closed.announceUrl],
    source: null,
    peers,
  })
  const { code, stderr } = await runCli(it.folder.path, 'get', ...IDLE, '-o', 'by-peer', magnet)
  expect(code, stderr).toBe(0)
  expect(sha256File(join(it.folder.path, 'by-peer', name))).toBe(sha256File(it.path))
})

test('it is the end when nobody else is left', async () => {
  await using it = await setUp()
  const got = await it.get([it.closed.announceUrl, `${it.closed.url}/announce`])
  expect(got.code).toBe(1)
  expect(got.stderr).toMatch(/tabseed: [^\n]*(?:share|link)[^\n]*\n$/i)
})
