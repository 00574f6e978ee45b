import { describe, expect, it } from 'vitest'
import { done, download, expectWhole, folder, one, PIECE, seen } from '../../support/clients/http-download.ts'
import { startWebSeed } from '../../support/server/web-seed-server.ts'

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
