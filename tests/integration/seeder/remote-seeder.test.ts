import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { aria2Download } from '../../support/clients/classic.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { sha256File } from '../../support/content/fixtures.ts'
import { proxy } from '../../support/net/ways.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 60_000, interval: 50 }
const TOKEN = 'a-secret-of-both-machines'
const RATE = 25_000_000

const { ends, inFolder } = endAfterEach()

/** A server that leaves the seeding to another machine. Started again it is found where it was. */
async function serve(data: string, port = '0'): Promise<TestServer> {
  const server = await startServer(['--data', data, '--port', port], { TABSEED_SEEDER_TOKEN: TOKEN })
  ends.push(() => server[Symbol.asyncDispose]())
  return server
}

/** That other machine, which keeps its shares in `folder`. */
function seedFor(
  server: Pick<TestServer, 'url'>,
  folder: string,
  args: readonly string[] = [],
  token = TOKEN,
  env: Readonly<Record<string, string>> = {},
) {
  const seeder = startCommand(
    folder,
    [
      process.execPath,
      ...[LAUNCHER, 'seed', '--server', server.url, '--seeder-port', '0'],
      ...['--seeder-dir', join(folder, 'kept'), ...args],
    ],
    { TABSEED_SEEDER_TOKEN: token, ...env },
  )
  ends.push(async () => {
    seeder.kill('SIGTERM')
    await seeder.ended
  })
  return seeder
}

const untilKept = (server: TestServer, metainfo: Metainfo, state: object = { kept: 'yes', problem: null }) =>
  vi.waitFor(async () => expect(await keptBy(server.url, metainfo)).toMatchObject(state), LIMIT)

const untilAway = (server: TestServer, metainfo: Metainfo) =>
  untilKept(server, metainfo, { kept: 'no', problem: 'seeder_away' })

const untilThere = (server: TestServer, metainfo: Metainfo) => untilKept(server, metainfo, { problem: null })

async function publish(server: TestServer, folder: string, length: number, seed: number) {
  const published = await publishFromNode(server.url, folder, length, seed)
  let closed: Promise<void> | null = null
  const leave = () => (closed ??= published.engine.close())
  ends.push(leave)
  return { ...published, leave }
}

const portOf = ({ url }: TestServer) => new URL(url).port

describe('a seeder on another machine', () => {
  test('keeps what is asked, outlives the publisher, reaches a classic client, and comes back after kills', async () => {
    const folder = inFolder()
    const server = await serve(join(folder, 'data'))
    const { leave, metainfo, ownerKey, sha256 } = await publish(server, folder, 12_345_678, 51)
    // Nobody is there yet to keep it.
    await untilAway(server, metainfo)
    const early = await askToKeep(server.url, metainfo, ownerKey)
    expect([early.status, await early.json()]).toMatchObject([503, { error: { code: 'seeder_away' } }])

    const seeder = seedFor(server, folder)
    await untilThere(server, metainfo)
    expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
    await untilKept(server, metainfo)
    await leave()
    const torrent = `${server.url}/t/${metainfo.infoHash}.torrent`
    await aria2Download(torrent, join(folder, 'first'))
    expect(sha256File(join(folder, 'first', metainfo.name))).toBe(sha256)

    // What lies elsewhere is not handed out from here.
    const share = (await (await fetch(`${server.url}/api/shares/${metainfo.infoHash}`)).json()) as object
    expect(share).toMatchObject({ webSeeds: [] })
    expect((await fetch(`${server.url}/w/${metainfo.infoHash}/${metainfo.name}`)).status).toBe(404)

    seeder.kill('SIGKILL')
    await untilAway(server, metainfo)
    seedFor(server, folder)
    await untilKept(server, metainfo)

    await server.stop('SIGKILL')
    const again = await serve(join(folder, 'data'), portOf(server))
    await untilKept(again, metainfo)
    await aria2Download(torrent, join(folder, 'second'))
    expect(sha256File(join(folder, 'second', metainfo.name))).toBe(sha256)
  }, 120_000)

  test('behind a proxy reaches server and tracker through it', async () => {
    const folder = inFolder()
    await using through = await proxy()
    const server = await serve(join(folder, 'data'))
    const { leave, metainfo, ownerKey } = await publish(server, folder, 1_000_000, 57)
    const host = `inside.invalid:${portOf(server)}`
    seedFor({ url: `http://${host}` }, folder, [], TOKEN, { http_proxy: `http://127.0.0.1:${through.port}` })
    await untilThere(server, metainfo)
    await askToKeep(server.url, metainfo, ownerKey)
    await untilKept(server, metainfo)
    await leave()
    // The seeder's own connection, and that of its process to the tracker.
    expect(through.asked.filter(asked => asked === `CONNECT ${host}`).length).toBeGreaterThan(1)
  })

  test('killed with its server while it fetches, again and again, ends with every byte', {
    tags: 'long',
    timeout: 240_000,
  }, async () => {
    const folder = inFolder()
    const bytes = 60_000_000
    let server = await serve(join(folder, 'data'))
    const { leave, metainfo, ownerKey, sha256 } = await publish(server, folder, bytes, 52)
    const start = () => seedFor(server, folder, ['--seeder-download', `${RATE}B`])
    let seeder = start()
    await untilThere(server, metainfo)
    await askToKeep(server.url, metainfo, ownerKey)
    const points = Array.from({ length: 4 }, () => Math.floor(Math.random() * bytes)).sort((a, b) => a - b)
    for (const [index, point] of points.entries()) {
      await vi.waitFor(async () => {
        const { have, problem } = await keptBy(server.url, metainfo)
        expect(problem).toBe(null)
        expect(have, `of ${points}`).toBeGreaterThanOrEqual(point)
      }, LIMIT)
      if (index % 2 === 0) {
        seeder.kill('SIGKILL')
        await untilAway(server, metainfo)
        seeder = start()
      } else {
        await server.stop('SIGKILL')
        server = await serve(join(folder, 'data'), portOf(server))
      }
    }
    await untilKept(server, metainfo)
    await leave()
    await aria2Download(`${server.url}/t/${metainfo.infoHash}.torrent`, join(folder, 'out'))
    expect(sha256File(join(folder, 'out', metainfo.name))).toBe(sha256)
  })

  test('lets go of what its owner or the server drops, also of what was deleted while it was away', {
    tags: 'long',
    timeout: 120_000,
  }, async () => {
    const folder = inFolder()
    let server = await serve(join(folder, 'data'))
    const first = await publish(server, folder, 1_000_000, 53)
    const second = await publish(server, folder, 1_000_000, 54)
    const seeder = seedFor(server, folder)
    for (const { metainfo, ownerKey } of [first, second]) {
      await untilThere(server, metainfo)
      await askToKeep(server.url, metainfo, ownerKey)
      await untilKept(server, metainfo)
    }
    expect((await askToKeep(server.url, first.metainfo, first.ownerKey, 'DELETE')).status).toBe(204)
    expect(await keptBy(server.url, first.metainfo)).toMatchObject({ asked: false, kept: 'no', have: 0 })
    const kept = () => readdirSync(join(folder, 'kept')).filter(name => name.endsWith('.torrent'))
    await vi.waitFor(() => expect(kept()).toEqual([`${second.metainfo.infoHash}.torrent`]), LIMIT)

    seeder.kill('SIGKILL')
    await untilAway(server, second.metainfo)
    expect((await askToKeep(server.url, second.metainfo, second.ownerKey, 'DELETE')).status).toBe(503)
    const share = `${server.url}/api/shares/${second.metainfo.infoHash}`
    const headers = { authorization: `Bearer ${second.ownerKey}` }
    expect((await fetch(share, { method: 'DELETE', headers })).status).toBe(204)
    // It would tell the seeder itself, if it did not forget.
    await server.stop()
    server = await serve(join(folder, 'data'), portOf(server))
    const again = seedFor(server, folder)
    // A server with an older database would look the same: the bytes stay for a day.
    const record = join(folder, 'kept', `${second.metainfo.infoHash}.json`)
    const unlistedMs = () => JSON.parse(readFileSync(record, 'utf8')).unlistedMs
    await vi.waitFor(() => expect(unlistedMs()).toBe(0), LIMIT)
    expect(kept()).toEqual([`${second.metainfo.infoHash}.torrent`])
    again.kill('SIGINT')
    const { stderr } = await again.ended
    expect(stderr).toContain('the server does not list these cached shares')
    expect(readdirSync(join(folder, 'kept'))).toContain(second.metainfo.infoHash)

    writeFileSync(
      record,
      JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), unlistedMs: 86_400_000 }),
    )
    seedFor(server, folder)
    await vi.waitFor(() => expect(kept()).toEqual([]), LIMIT)
  })

  test('refuses what does not fit its own budget', async () => {
    const folder = inFolder()
    const server = await serve(join(folder, 'data'))
    const { metainfo, ownerKey } = await publish(server, folder, 3_000_000, 55)
    seedFor(server, folder, ['--seeder-budget', '2MB'])
    await untilThere(server, metainfo)
    await askToKeep(server.url, metainfo, ownerKey)
    await untilKept(server, metainfo, { asked: false, kept: 'no', problem: 'seeder_full' })
  })

  test('ends when a copy of it takes its place, without the right token, and where none is expected', async () => {
    const folder = inFolder()
    const server = await serve(join(folder, 'data'))
    const first = seedFor(server, folder)
    await first.says(/(keeping)/)
    await vi.waitFor(() => expect(server.log()).toContain('a seeder of another machine connected'), LIMIT)
    // A copy of its folder is the same seeder to the server.
    const copy = inFolder()
    mkdirSync(join(copy, 'kept'))
    copyFileSync(join(folder, 'kept/seeder.json'), join(copy, 'kept/seeder.json'))
    const second = seedFor(server, copy)
    expect(await first.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('Run only one') })

    const wrong = await seedFor(server, inFolder(), [], 'another-secret-of-nobody').ended
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('TABSEED_SEEDER_TOKEN') })
    const none = await startServer()
    ends.push(() => none[Symbol.asyncDispose]())
    expect(await seedFor(none, inFolder()).ended).toMatchObject({ code: 1 })
    expect(await seedFor(server, inFolder(), [], 'short').ended).toMatchObject({ code: 2 })
    expect(await seedFor(server, inFolder(), ['--seeder-budget', 'much']).ended).toMatchObject({ code: 2 })
    second.kill('SIGINT')
    expect(await second.ended).toMatchObject({ code: 130 })
  }, 120_000)

  test('says nothing that harms the server', async () => {
    const folder = inFolder()
    const server = await serve(join(folder, 'data'))
    const open = () =>
      new WebSocket(`${server.url.replace(/^http/, 'ws')}/api/seeder`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      })
    const digest = createHash('sha1').update('x').digest('hex')
    const lies = [
      'no JSON',
      '[]',
      '{"report":"memory","bytes":1e99}',
      '{"report":"kept","torrent":"!"}',
      `{"report":"state","states":[{"infoHash":"${digest.toUpperCase()}","have":-1}]}`,
      `{"report":"refused","infoHash":"${digest}","code":"__proto__"}`,
    ]
    for (const lie of lies) {
      const socket = open()
      const closed = new Promise(resolve => socket.once('close', resolve))
      socket.once('open', () => socket.send(lie))
      expect(await closed, lie).toBe(1007)
    }
    // In the right form, and wrong.
    const socket = open()
    await new Promise(resolve => socket.once('open', resolve))
    socket.send('{"report":"kept","torrent":"AAAA"}')
    await vi.waitFor(() => expect(server.log()).toContain('was not understood'), LIMIT)
    const { metainfo } = await publish(server, folder, 100_000, 56)
    await untilThere(server, metainfo)
    socket.terminate()
    await untilAway(server, metainfo)
  })
})
