import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { workerServer } from '../../support/browser/worker.ts'
import { publishNamed } from '../../support/content/shares.ts'

/** Bytes of all scripts that a page needs before anybody does anything, each gzipped. */
const BUDGETS = { publish: 181_000, share: 220_000 }

/** Bytes, gzipped, of the scripts that the HTML at `url` names, for the page and its parts; old browsers' are left out. */
async function firstLoad(url: string): Promise<number> {
  const html = await (await fetch(url)).text()
  const old = html.match(/<script\b[^>]*\bnomodule\b[^>]*>/gi)?.join() ?? ''
  const paths = new Set(html.match(/\/_next\/static\/chunks\/[\w~.-]+\.js/g))
  const sizes = [...paths]
    .filter(path => !old.includes(path))
    .map(async path => {
      const script = await fetch(new URL(path, url))
      expect(script.status).toBe(200)
      return gzipSync(new Uint8Array(await script.arrayBuffer())).length
    })
  // A page has more parts than that: with fewer, names were missed.
  expect(sizes.length).toBeGreaterThan(5)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

it(`the publish page loads at most ${BUDGETS.publish} bytes of scripts`, async () => {
  expect(await firstLoad(workerServer().url)).toBeLessThanOrEqual(BUDGETS.publish)
})

it(`the page of a share loads at most ${BUDGETS.share} bytes of scripts`, async () => {
  const { url } = workerServer()
  const { infoHash } = await publishNamed(url, 'first load')
  expect(await firstLoad(`${url}/d/${infoHash}`)).toBeLessThanOrEqual(BUDGETS.share)
})
