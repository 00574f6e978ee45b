import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { BucketClaims } from '../../../server/bucket/claims.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { startS3, type TestS3 } from '../../support/s3/s3-server.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { OPERATOR_KEY } from '../../support/server/cluster.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 60_000, interval: 50 }
const TOKEN = 'a-secret-of-both-machines'

const { ends, inFolder } = endAfterEach()

async function storage(): Promise<TestS3> {
  const s3 = await startS3()
  ends.push(() => s3.close())
  return s3
}

/** A server that has no files of its own. */
async function startServer(env: Readonly<Record<string, string>>): Promise<TestApp> {
  const server = await startApp({
    TABSEED_SEEDER_TOKEN: TOKEN,
    TABSEED_OPERATOR_KEY: OPERATOR_KEY,
    TABSEED_LIMITS: 'off',
    ...env,
  })
  ends.push(() => server[Symbol.asyncDispose]())
  return server
}

/** A seeder of it in processes of its own, with its copies in `folder`. */
function seedFor(server: TestApp, folder: string, env: Readonly<Record<string, string>>) {
  const seeder = startCommand(
    folder,
    [
      process.execPath,
      ...[LAUNCHER, 'seed', '--server', server.url, '--seeder-port', '0', '--log-level', 'info'],
      ...['--seeder-dir', join(folder, 'seeder')],
    ],
    { TABSEED_SEEDER_TOKEN: TOKEN, ...env },
  )
  ends.push(async () => {
    seeder.kill('SIGTERM')
    await seeder.ended
  })
  return seeder
}

/** A share that the server keeps, and whose publisher has left. */
async function keep(server: TestApp, length: number, seed: number) {
  const { engine, metainfo, ownerKey, sha256 } = await publishFromNode(server.url, inFolder(), length, seed)
  ends.push(() => engine.close())
  await vi.waitFor(
    async () => expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202),
    LIMIT,
  )
  await vi.waitFor(
    async () => expect(await keptBy(server.url, metainfo)).toMatchObject({ kept: 'yes' }),
    LIMIT,
  )
  return { metainfo, sha256, file: `${server.url}/w/${metainfo.infoHash}/${metainfo.name}`, engine }
}

const untilIn = (server: TestApp, { infoHash }: Metainfo) =>
  vi.waitFor(() => expect(server.services.bucket?.has(infoHash)).toBe(true), LIMIT)
const sha256Of = async (answer: Response) =>
  createHash('sha256')
    .update(new Uint8Array(await answer.arrayBuffer()))
    .digest('hex')

test('a seeder on another machine uploads what it has, goes on after a kill where it was, and a takedown removes it', async () => {
  const s3 = await storage()
  const server = await startServer(s3.env)
  const folder = inFolder()
  const seeder = seedFor(server, folder, s3.env)
  const taken = new Set<string>()
  let sent = 0
  let isSlow = true
  s3.interfere = async ({ method, url = '' }, response) => {
    const part = /partNumber=(\d+)/.exec(url)?.[1]
    if (method !== 'PUT' || part === undefined) return false
    sent += 1
    if (isSlow && Number(part) > 1) {
      // Nothing comes of it before the kill.
      await new Promise(resolve => response.once('close', resolve))
      return true
    }
    taken.add(part)
    return false
  }
  const { file, metainfo, sha256, engine } = await keep(server, 17_000_000, 101)
  await engine.close()
  await vi.waitFor(() => expect([...taken]).toEqual(['1']), LIMIT)
  await vi.waitFor(() => expect(sent).toBe(3), LIMIT)
  seeder.kill('SIGKILL')
  await seeder.ended
  expect(server.services.bucket?.has(metainfo.infoHash)).toBe(false)

  isSlow = false
  sent = 0
  seedFor(server, folder, s3.env)
  await untilIn(server, metainfo)
  // The part that was there is not sent again.
  expect([sent, [...taken].sort()]).toEqual([2, ['1', '2', '3']])
  const answer = await fetch(file, { redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([307, expect.stringContaining(s3.url)])
  expect(await sha256Of(await fetch(file))).toBe(sha256)

  const blocked = await fetch(`${server.url}/api/shares/${metainfo.infoHash}/blocked`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${OPERATOR_KEY}` },
  })
  expect(blocked.status).toBe(200)
  // Nobody uploads it any more, so that nobody is waited for.
  await vi.waitFor(() => expect(s3.content.objects.size).toBe(0), { timeout: 20_000, interval: 50 })
}, 180_000)

test('of two seeders that have the same share one uploads it, and it is uploaded once', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const s3 = await storage()
  const server = await startServer(s3.env)
  const asked = vi.spyOn(BucketClaims.prototype, 'answer')
  ends.push(() => asked.mockRestore())
  const seeders = [1, 2].map(() => seedFor(server, inFolder(), s3.env))
  let isOpen = false
  const waiting: (() => void)[] = []
  // Until both have had their chance.
  s3.interfere = async ({ method }) => {
    if (method === 'PUT' && !isOpen) await new Promise<void>(resolve => waiting.push(resolve))
    return false
  }
  const puts = () => s3.requests.filter(line => line.startsWith('PUT')).length
  const { metainfo } = await keep(server, 1_000_000, 102)
  await vi.waitFor(
    () => expect(server.services.shareCache?.copiesOf(metainfo.infoHash)).toHaveLength(2),
    LIMIT,
  )
  await vi.waitFor(
    () =>
      expect(server.services.shareCache?.copiesOf(metainfo.infoHash).every(({ complete }) => complete)).toBe(
        true,
      ),
    LIMIT,
  )
  await vi.waitFor(() => expect(waiting).toHaveLength(1), LIMIT)
  const answersTo = (what: string) =>
    asked.mock.settledResults.flatMap(({ value }, call) => {
      const [seeder, { ask }] = asked.mock.calls[call] ?? ['', {}]
      return ask === what ? [`${seeder} ${value}`] : []
    })
  // The other one asks, and is told that somebody is at it.
  const [winner = ''] = answersTo('claim').filter(line => line.endsWith(' yes'))
  await vi.waitFor(
    () => expect(answersTo('claim').filter(line => line.endsWith(' no'))).not.toEqual([]),
    LIMIT,
  )
  expect([waiting.length, winner]).toEqual([1, expect.stringContaining(' yes')])
  isOpen = true
  for (const go of waiting) go()
  await untilIn(server, metainfo)
  await vi.waitFor(
    () => expect(answersTo('claim').filter(line => line.endsWith(' there'))).not.toEqual([]),
    LIMIT,
  )
  expect([puts(), s3.content.objects.size, seeders.length]).toEqual([1, 1, 2])
  expect(new Set(answersTo('claim').filter(line => line.endsWith(' yes')))).toEqual(new Set([winner]))
})

test('a seeder whose bucket is not that of the server uploads for nothing, and says so', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  const [s3, other] = [await storage(), await storage()]
  const server = await startServer(s3.env)
  const seeder = seedFor(server, inFolder(), other.env)
  const { metainfo, file } = await keep(server, 100_000, 103)
  await vi.waitFor(() => expect(other.content.objects.size).toBe(1), LIMIT)
  await seeder.logs(/(TABSEED_BUCKET here and there must be the same)/)
  expect(server.services.bucket?.has(metainfo.infoHash)).toBe(false)
  expect((await fetch(file, { redirect: 'manual' })).status).toBe(404)

  const bare = await startServer({})
  const alone = seedFor(bare, inFolder(), other.env)
  await alone.logs(/(this server has no bucket)/)
})
