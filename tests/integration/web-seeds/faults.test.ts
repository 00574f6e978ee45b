import { describe, expect, it, vi } from 'vitest'
import {
  done,
  download,
  expectWhole,
  failed,
  folder,
  one,
  PIECE,
  seen,
  small,
} from '../../support/clients/http-download.ts'
import { engineContent } from '../../support/content/engine-content.ts'
import { noise } from '../../support/content/fixtures.ts'
import { type Asked, startWebSeed } from '../../support/server/web-seed-server.ts'

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
