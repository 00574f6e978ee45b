import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import { expect, test } from 'vitest'
import { startServer } from '../../support/server/test-server.ts'

/** Odd requests at a time. */
const AT_ONCE = 8

const word = () => randomBytes(8).toString('hex')
const infoHash = () => randomBytes(20).toString('hex')

interface Odd {
  readonly path: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** Each is another request every time: whatever is kept for each one adds up. */
const ODD: readonly (() => Odd)[] = [
  () => ({ path: `/${word()}/${word()}` }),
  () => ({ path: `/${word().repeat(400)}` }),
  () => ({ path: `/%${word()}%ff%00` }),
  () => ({ path: `/?${word()}=${word()}` }),
  () => ({ path: `/?q=${word().repeat(400)}` }),
  () => ({ path: `/d/${infoHash()}` }),
  () => ({ path: `/d/${word()}` }),
  () => ({ path: `/status/${infoHash()}` }),
  () => ({ path: `/library?_rsc=${word()}`, headers: { rsc: '1' } }),
  () => ({ path: `/_next/static/${word()}.js` }),
  () => ({ path: `/_next/image?url=/${word()}&w=64&q=75` }),
  () => ({ path: `/${word()}`, method: 'PROPFIND' }),
  () => ({ path: `/${word()}`, method: 'DELETE' }),
  () => ({ path: '/', method: 'POST', headers: { 'next-action': infoHash() }, body: '[]' }),
  () => ({ path: `/library?${word()}`, method: 'HEAD' }),
  () => ({ path: '/', headers: { range: `bytes=${randomBytes(1)[0]}-` } }),
  () => ({ path: '/', headers: { 'accept-language': word(), cookie: `${word()}=${word()}` } }),
  () => ({ path: '/', headers: { host: `${word()}.example` } }),
  () => ({
    path: '/api/shares',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"metainfo":"${word()}`,
  }),
  () => ({ path: `/api/shares/${infoHash()}` }),
  () => ({ path: `/t/${infoHash()}.torrent` }),
  () => ({ path: `/w/${infoHash()}/${word()}` }),
  () => ({ path: `/announce?info_hash=${word()}` }),
  () => ({ path: `/badge/${infoHash()}.svg` }),
  () => ({ path: `/embed/${infoHash()}` }),
  () => ({ path: `/oembed?url=${word()}` }),
]

test('thousands of odd requests take at most 100 MB', { tags: 'long', timeout: 1_200_000 }, async () => {
  await using server = await startServer()
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const statusOf = ({ body, headers, method, path }: Odd) =>
    new Promise<number>((resolve, reject) => {
      const asked = request(`${server.url}${path}`, { method, headers, agent }, answer => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
      })
      asked.on('error', reject).end(body)
    })
  const megabytes = async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    return Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)?.[1]) / 1e6
  }

  // The code of every page is loaded once.
  for (const path of ['/', '/library', '/heal', '/doctor', '/status', `/d/${infoHash()}`, `/${word()}`]) {
    await statusOf({ path })
  }
  const before = await megabytes()
  const count = 15_000
  const statuses = new Map<number, number>()
  let next = 0
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let at = next++; at < count; at = next++) {
        const status = await statusOf(ODD[at % ODD.length]?.() ?? { path: '/' })
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }),
  )
  const grown = (await megabytes()) - before
  agent.destroy()
  process.stdout.write(`${count} odd requests: ${grown.toFixed(0)} MB on top of ${before.toFixed(0)} MB\n`)
  expect([...statuses.keys()].filter(status => status >= 500)).toEqual([])
  expect(statuses.get(404)).toBeGreaterThan(count / 4)
  expect(before).toBeGreaterThan(0)
  expect(grown).toBeLessThan(100)
})
