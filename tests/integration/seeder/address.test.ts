import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, request as requestHttp, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { overviewSchema } from '../../../lib/protocol/admin.ts'
import { shareSchema } from '../../../lib/protocol/share.ts'
import { statusSchema } from '../../../lib/protocol/status.ts'
import { addressFault, proofReply } from '../../../server/seeder/link/address-proof.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { noise } from '../../support/content/fixtures.ts'
import { startApp } from '../../support/server/app.ts'
import { OPERATOR_KEY } from '../../support/server/cluster.ts'
import { QUICK } from '../../support/server/publish-folder.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 30_000, interval: 50 }
const { ends, inFolder } = endAfterEach()

/** Something at an address, which is not the seeder at first. */
async function startFront() {
  const front = {
    asked: 0,
    url: '',
    answer: ((_, response) => response.writeHead(404).end()) as RequestListener,
  }
  const server = createServer((request, response) => {
    front.asked += 1
    front.answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => server.close().closeAllConnections())
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return front
}

/** Passes requests on, as a proxy in front of the seeder. */
const passTo =
  (origin: string): RequestListener =>
  (request, response) => {
    const passed = requestHttp(`${origin}${request.url}`, { method: request.method }, answer => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    // The server ends before what is in front of it.
    passed.on('error', () => response.destroy())
    passed.end()
  }

test('an address that does not lead to the seeder is said once, and is in no link until it does', async () => {
  const folder = inFolder()
  const publish = join(folder, 'publish')
  mkdirSync(publish)
  writeFileSync(join(publish, 'image.iso'), noise(10_000, 131))
  const front = await startFront()
  const server = await startApp(
    {
      TABSEED_SEEDER: 'on',
      TABSEED_SEEDER_PORT: '0',
      TABSEED_SEEDER_NAME: 'disks',
      TABSEED_SEEDER_ZONE: 'berlin',
      TABSEED_SEEDER_URL: front.url,
      TABSEED_PUBLISH_DIR: publish,
      TABSEED_OPERATOR_KEY: OPERATOR_KEY,
      TABSEED_LISTED: 'always',
    },
    {
      watchTimes: QUICK,
      placementTimes: { lookMs: 200, seenMs: 200, lostMs: 60_000, surplusMs: 60_000, addressMs: 600 },
    },
  )
  ends.push(() => server[Symbol.asyncDispose]())
  const infoHash = await vi.waitFor(async () => {
    const { shares } = statusSchema.parse(await (await fetch(`${server.url}/status.json`)).json())
    expect(shares).toHaveLength(1)
    return shares?.[0]?.infoHash
  }, LIMIT)
  const webSeeds = async () =>
    shareSchema.parse(await (await fetch(`${server.url}/api/shares/${infoHash}`)).json()).webSeeds
  const [ours, theirs] = [server.url, front.url].map(base => `${base}/w/${infoHash}/`)
  const faults = () =>
    server
      .log()
      .split('\n')
      .filter(line => line.includes('does not lead to it'))
      .map(line => JSON.parse(line))
  const admin = async (...options: string[]) => {
    const command = [process.execPath, LAUNCHER, 'admin', ...options, '--server', server.url] as const
    return (await startCommand(folder, command, { TABSEED_OPERATOR_KEY: OPERATOR_KEY }).ended).stdout
  }
  const status = (...options: string[]) => admin('status', ...options)

  await vi.waitFor(() => expect(front.asked).toBeGreaterThan(6), LIMIT)
  expect(faults()).toEqual([
    expect.objectContaining({
      seeder: 'disks',
      setting: 'TABSEED_SEEDER_URL',
      asked: `${front.url}/w/seeder`,
      came: 'HTTP 404',
    }),
  ])
  expect(await webSeeds()).toEqual([ours])
  expect(await status()).toMatch(
    new RegExp(`disks \\(berlin\\): .* free; .*\n +${front.url}: does not lead to it: not in use`),
  )

  expect(await admin('nodes')).toMatch(/\nseeder disks \(berlin\) {2}here {2}.* free {2}no address in use\n/)

  front.answer = passTo(server.url)
  await vi.waitFor(async () => expect(await webSeeds()).toEqual([ours, theirs]), LIMIT)
  expect(server.log()).toContain('the address of a seeder leads to it')
  expect(await status()).toContain(`${front.url}: leads to it`)
  expect(await admin('nodes')).toMatch(/\nseeder disks \(berlin\) {2}here {2}.* free {2}http:\/\/127.*\n/)
  const { seeders } = overviewSchema.parse(JSON.parse(await status('--json')))
  expect(seeders[0]?.addresses).toEqual([{ address: front.url, inside: false, leads: true }])

  front.answer = (_, response) => response.end(JSON.stringify({ seeder: '0'.repeat(64) }))
  await vi.waitFor(async () => expect(await webSeeds()).toEqual([ours]), LIMIT)
  expect(faults().slice(1)).toEqual([expect.objectContaining({ came: 'another seeder' })])
}, 120_000)

test('what came instead of the seeder is said in a few words, and not read to its end', async () => {
  const front = await startFront()
  const came = async (answer: RequestListener) => {
    front.answer = answer
    return (await addressFault(front.url, 'some-seeder', new AbortController().signal))?.came
  }
  const proof = Buffer.from(String(proofReply('some-seeder').body))
  expect(await came((_, response) => response.end(proof))).toBeUndefined()
  const cases: readonly [RequestListener, string][] = [
    [(_, response) => response.end(String(proofReply('another-one').body)), 'another seeder'],
    [(_, response) => endless(response), 'something that is no seeder'],
    [(_, response) => response.writeHead(302, { location: '/other' }).end(proof), 'HTTP 302 to /other'],
    [(_, response) => response.writeHead(502).end('Bad Gateway'), 'HTTP 502'],
    [request => request.destroy(), 'no answer: UND_ERR_SOCKET'],
  ]
  for (const [answer, words] of cases) expect(await came(answer)).toBe(words)
  const nowhere = await addressFault('http://127.0.0.1:1', 'some-seeder', new AbortController().signal)
  expect(nowhere).toEqual({
    asked: 'http://127.0.0.1:1/w/seeder',
    came: expect.stringContaining('no answer'),
  })
})

/** Goes on for as long as anybody reads. */
function endless(response: ServerResponse): void {
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(10_000)));
  }
  response.on('drain', more)
  more()
}
