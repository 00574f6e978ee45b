import { afterEach, describe, expect, it, vi } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { engineContent } from '../../support/content/engine-content.ts'
import { noise } from '../../support/content/fixtures.ts'
import { type Asked, startWebSeed } from '../../support/server/web-seed-server.ts'

const PIECE = 64 * 1024
const LIMIT_MS = 20_000

const one = engineContent('data 100%.bin', noise(100 * PIECE + 777), PIECE)
/** Fetched with one request. */
const small = engineContent('small.bin', noise(10 * PIECE, 6), PIECE)
const folder = engineContent(
  'a folder',
  [
    { path: 'first.bin', bytes: noise(3 * PIECE + 10, 2) },
    { path: '.pad/100', bytes: new Uint8Array(PIECE - 10), padding: true },
    { path: 'empty', bytes: new Uint8Array() },
    { path: 'sub #1/what? (ü&+;).txt', bytes: noise(100, 3) },
    { path: 'last.bin', bytes: noise(2 * PIECE, 4) },
    { path: '.pad/5', bytes: new Uint8Array(5), padding: true },
  ],
  PIECE,
)

const engines: SwarmEngine[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const engine of engines.splice(0)) {
    for (const { infoHash } of engine.getSnapshot()) await engine.remove(infoHash)
  }
})

/** Download by HTTP alone from these web seeds. */
async function download(content: typeof one, webSeeds: readonly string[], download: number | null = null) {
  const { metainfo } = content
  const engine = new SwarmEngine()
  engines.push(engine)
  const network = { trackers: [], iceServers: [], webSeeds, webSeedUse: 'only' } as const
  const all = [...metainfo.files.keys()]
  engine.setLimits(null, { download, upload: null })
  await engine.join(metainfo, all, network, new MemoryStore(metainfo))
  return engine
}

function seen(
  engine: SwarmEngine,
  infoHash: InfoHash,
  what: string,
  accept: (swarm: SwarmSnapshot) => boolean,
): Promise<SwarmSnapshot> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const swarm = engine.getSwarm(infoHash)
      if (!swarm || !accept(swarm)) return
      clearTimeout(limit)
      unsubscribe()
      resolve(swarm)
    }
    const limit = setTimeout(() => reject(new Error(`never ${what}`)), LIMIT_MS)
    let unsubscribe = () => {}
    unsubscribe = engine.subscribe(look)
    look()
  })
}

const done = (engine: SwarmEngine, content: typeof one) =>
  seen(engine, content.metainfo.infoHash, 'done', ({ state }) => state === 'done')

const failed = (engine: SwarmEngine, content: typeof one) =>
  seen(engine, content.metainfo.infoHash, 'failed', ({ webSeeds }) => webSeeds[0]?.state === 'failed')

async function expectWhole(engine: SwarmEngine, { bytes, metainfo }: typeof one): Promise<void> {
  for (const [index, { length, offset }] of metainfo.files.entries()) {
    const file = new Uint8Array(await (await engine.file(metainfo.infoHash, index)).arrayBuffer())
    expect(Buffer.compare(file, bytes.subarray(offset, offset + length))).toBe(0)
  }
}

describe('a download by HTTP alone', () => {
  it('fetches a single file in long ranges, each byte once', async () => {
    await using seed = await startWebSeed(one.served)
    const engine = await download(one, [seed.url])
    const swarm = await done(engine, one)
    await expectWhole(engine, one)
    expect(swarm).toMatchObject({ fromPeers: 0, fromWebSeeds: one.bytes.length })
    expect(swarm.webSeeds[0]).toMatchObject({ state: 'idle', downloaded: one.bytes.length })
    expect(seed.asked.length).toBe(2)
  })

  it('takes the address itself for a single file when it ends in no slash', async () => {
    await using seed = await startWebSeed({ 'other name': one.bytes })
    const engine = await download(one, [`${seed.url}other%20name`])
    await done(engine, one)
  })

  it('fetches a folder: names encoded, padding and empty files never asked for', async () => {
    await using seed = await startWebSeed(folder.served)
    const engine = await download(folder, [seed.url])
    await done(engine, folder)
    await expectWhole(engine, folder)
    expect([...new Set(seed.asked.map(({ path }) => path))].sort()).toEqual([
      'a folder/first.bin',
      'a folder/last.bin',
      'a folder/sub #1/what? (ü&+;).txt',
    ])
  })

  it('follows a redirect', async () => {
    await using seed = await startWebSeed(one.served)
    await using first = await startWebSeed(one.served)
    first.behave = ({ response }) => {
      response.writeHead(302, { location: `${seed.url}${encodeURIComponent(one.metainfo.name)}` }).end()
    }
    await done(await download(one, [first.url]), one)
  })

  it('takes a 200 for a request for the whole file', async () => {
    await using seed = await startWebSeed(folder.served)
    seed.behave = asked => {
      const whole = asked.part.length === asked.file.length
      asked.answer(whole ? { status: 200, headers: { 'content-range': '' } } : {})
    }
    await done(await download(folder, [seed.url]), folder)
  })

  it('keeps to the limit', async () => {
    await using seed = await startWebSeed(one.served)
    const limit = 2 * 1024 * 1024
    const startedAt = performance.now()
    await done(await download(one, [seed.url], limit), one)
    // A second's worth may pass at once.
    expect(performance.now() - startedAt).toBeGreaterThan(1000 * (one.bytes.length / limit - 1.2))
  })

  it('goes on after a pause with what is here', async () => {
    await using seed = await startWebSeed(one.served)
    const engine = await download(one, [seed.url], 1024 * 1024)
    const { infoHash } = one.metainfo
    await seen(engine, infoHash, 'begun', ({ downloaded }) => downloaded > 0)
    await engine.pause(infoHash)
    expect(engine.getSwarm(infoHash)?.downloaded).toBeLessThan(one.bytes.length)
    engine.setLimits(null, { download: null, upload: null })
    await engine.resume(infoHash)
    await done(engine, one)
    await expectWhole(engine, one)
  })

  it('gives a stream what it reads first', async () => {
    await using seed = await startWebSeed(one.served)
    const engine = await download(one, [seed.url], 512 * 1024)
    const { infoHash } = one.metainfo
    const start = 90 * PIECE + 5
    const reader = engine.read(infoHash, start, start + 10).getReader()
    const { value } = await reader.read()
    expect(value).toEqual(one.bytes.slice(start, start + 10))
    expect(engine.getSwarm(infoHash)?.state).not.toBe('done')
  })
})

describe('a web seed that misbehaves', () => {
  const whole = one.bytes.length
  const cases: readonly [string, string, (asked: Asked) => void][] = [
    ['answers 200 with all of it', 'no_ranges', asked => asked.answer({ status: 200, body: asked.file })],
    [
      'sends another range than it was asked for',
      'wrong_range',
      asked => asked.answer({ headers: { 'content-range': `bytes 0-${asked.part.length}/${whole}` } }),
    ],
    [
      'has a file of another length',
      'wrong_range',
      asked => asked.answer({ headers: { 'content-range': `bytes ${asked.from}-${asked.to}/${whole + 1}` } }),
    ],
    [
      'does not say which range it sends',
      'wrong_range',
      asked => asked.answer({ headers: { 'content-range': '' } }),
    ],
    ['announces another length', 'wrong_length', asked => asked.answer({ body: asked.part.subarray(1) })],
    [
      'sends too much without saying how much',
      'wrong_length',
      ({ file, from, part, response, to }) => {
        response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${file.length}` })
        response.write(part)
        response.end(noise(1000))
      },
    ],
    ['sends other bytes', 'false_pieces', asked => asked.answer({ body: noise(asked.part.length, 9) })],
    ['does not have it', 'not_found', ({ response }) => response.writeHead(404).end()],
    ['has it no more', 'not_found', ({ response }) => response.writeHead(410).end()],
    ['refuses the range', 'refused', ({ response }) => response.writeHead(416).end()],
    ['forbids it', 'refused', ({ response }) => response.writeHead(403).end()],
    ['answers with nothing', 'refused', ({ response }) => response.writeHead(204).end()],
  ]

  it.each(cases)('is given up when it %s (%s)', async (_, fault, behave) => {
    await using seed = await startWebSeed(one.served)
    seed.behave = behave
    const engine = await download(one, [seed.url])
    const swarm = await failed(engine, one)
    expect(swarm.webSeeds[0]?.fault).toBe(fault)
    expect(swarm.downloaded).toBe(fault === 'wrong_length' ? swarm.fromWebSeeds : 0)
    expect(seed.asked.length).toBeLessThanOrEqual(6)
  })

  it('costs nothing when another one is good', async () => {
    await using bad = await startWebSeed(one.served)
    await using good = await startWebSeed(one.served)
    bad.behave = asked => asked.answer({ body: noise(asked.part.length, 9) })
    const engine = await download(one, [bad.url, good.url])
    await done(engine, one)
    await expectWhole(engine, one)
  })

  it('is one of many: the good one is found behind all sorts of bad ones', async () => {
    await using bad = await startWebSeed(small.served)
    await using good = await startWebSeed(small.served)
    const open: Asked[] = []
    const behaviours: readonly ((asked: Asked) => void)[] = [
      asked => open.push(asked),
      ({ response }) => response.writeHead(404).end(),
      ({ response }) => response.writeHead(503).end(),
      asked => asked.answer({ body: noise(asked.part.length, 9) }),
      ({ response }) => response.socket?.resetAndDestroy(),
      asked => {
        // A good beginning, and no more.
        asked.response.writeHead(206, {
          'content-range': `bytes ${asked.from}-${asked.to}/${asked.file.length}`,
        })
        asked.response.write(asked.part.subarray(0, 10))
        open.push(asked)
      },
    ]
    const servers = await Promise.all(
      Array.from({ length: 18 }, async (_, at) => {
        const server = await startWebSeed(small.served)
        server.behave = behaviours[at % behaviours.length] ?? server.good
        return server
      }),
    )
    const refused = ['http://127.0.0.1:1/', 'http://127.0.0.1:9/', bad.url]
    bad.behave = asked => open.push(asked)
    const engine = await download(small, [...refused, ...servers.map(({ url }) => url), good.url])
    await done(engine, small)
    await expectWhole(engine, small)
    await engine.remove(small.metainfo.infoHash)
    for (const server of servers) await server[Symbol.asyncDispose]()
  })

  it('that hangs does not keep the only piece from the tenth', async () => {
    const single = engineContent('single.bin', noise(1000, 3), PIECE)
    const hanging = await Promise.all(Array.from({ length: 9 }, () => startWebSeed(single.served)))
    for (const server of hanging) server.behave = () => {}
    await using good = await startWebSeed(single.served)
    const engine = await download(single, [...hanging.map(({ url }) => url), good.url])
    await done(engine, single)
    await engine.remove(single.metainfo.infoHash)
    for (const server of hanging) await server[Symbol.asyncDispose]()
  })

  it('is used for the files that it has right', async () => {
    await using seed = await startWebSeed(folder.served)
    seed.behave = asked => {
      if (asked.path.endsWith('first.bin')) asked.response.writeHead(404).end()
      else asked.answer()
    }
    const engine = await download(folder, [seed.url])
    const last = folder.metainfo.files.length - 2
    const { infoHash } = folder.metainfo
    const { webSeeds } = await seen(
      engine,
      infoHash,
      'so far',
      ({ files }) => files[last]?.downloaded === 2 * PIECE,
    )
    expect(webSeeds[0]?.state).not.toBe('failed')
  })

  it('is gone on with where an answer broke off', async () => {
    await using seed = await startWebSeed(one.served)
    const half = 20 * PIECE + 99
    seed.behave = asked => {
      seed.behave = seed.good
      asked.response.writeHead(206, {
        'content-range': `bytes ${asked.from}-${asked.to}/${asked.file.length}`,
        'content-length': String(asked.part.length),
      })
      asked.response.write(asked.part.subarray(0, half), () => asked.response.destroy())
    }
    const engine = await download(one, [seed.url])
    const swarm = await done(engine, one)
    await expectWhole(engine, one)
    expect(swarm.webSeeds[0]?.downloaded).toBe(whole)
  })

  it('is asked again after an answer that is short and says so nowhere', async () => {
    await using seed = await startWebSeed(one.served)
    seed.behave = ({ file, from, part, response, to }) => {
      seed.behave = seed.good
      response.writeHead(206, { 'content-range': `bytes ${from}-${to}/${file.length}` })
      response.end(part.subarray(0, 1000))
    }
    const engine = await download(one, [seed.url])
    await done(engine, one)
    await expectWhole(engine, one)
  })

  it('is asked again, not at once, when it resets the connection', async () => {
    await using seed = await startWebSeed(small.served)
    let resets = 0
    const times: number[] = []
    seed.behave = asked => {
      times.push(performance.now())
      if (resets++ < 2) asked.response.socket?.resetAndDestroy()
      else asked.answer()
    }
    await done(await download(small, [seed.url]), small)
    const [first = 0, second = 0, third = 0] = times
    expect(second - first).toBeGreaterThan(450)
    expect(third - second).toBeGreaterThan(950)
  })

  it('is asked again when it said, after 503', async () => {
    await using seed = await startWebSeed(one.served)
    const times: number[] = []
    seed.behave = asked => {
      times.push(performance.now())
      seed.behave = seed.good
      asked.response.writeHead(503, { 'retry-after': '3' }).end()
    }
    const engine = await download(one, [seed.url])
    const { infoHash } = one.metainfo
    const waiting = await seen(
      engine,
      infoHash,
      'waiting',
      ({ webSeeds }) => webSeeds[0]?.state === 'waiting',
    )
    expect(waiting.webSeeds[0]?.fault).toBe('busy')
    await done(engine, one)
    expect(performance.now() - (times[0] ?? 0)).toBeGreaterThan(2950)
  })

  it('is left when it says nothing for 20 seconds, and asked again', async () => {
    await using seed = await startWebSeed(one.served)
    const hung = Promise.withResolvers<void>()
    const left = Promise.withResolvers<void>()
    seed.behave = asked => {
      seed.behave = seed.good
      asked.response.writeHead(206, { 'content-range': `bytes ${asked.from}-${asked.to}/${whole}` })
      asked.response.write(asked.part.subarray(0, 10), () => hung.resolve())
      asked.response.once('close', () => left.resolve())
    }
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    })
    const engine = await download(one, [seed.url])
    await hung.promise
    await vi.advanceTimersByTimeAsync(25_000)
    await left.promise
    vi.useRealTimers()
    await done(engine, one)
  })

  it.each(['ftp://127.0.0.1/', 'http://me:secret@127.0.0.1/', 'no address', 'data:,x'])(
    'is given up at once with the address %s',
    async url => {
      const swarm = await failed(await download(one, [url]), one)
      expect(swarm.webSeeds[0]?.fault).toBe('bad_url')
    },
  )
})
