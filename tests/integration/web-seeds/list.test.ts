import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../lib/base/errors.ts'
import { webSeedsSchema } from '../../../lib/protocol/share.ts'
import { parseMagnet } from '../../../lib/torrent/magnet.ts'
import { expectFault, type Misbehave, serveBucket } from '../../support/server/bucket.ts'

const place = serveBucket()
const { owned } = place

describe('PUT /api/shares/<hash>/web-seeds', () => {
  test('hands out what was found right, in the share, the magnet and the .torrent', async () => {
    await using share = await owned(place.tree)
    const before = await (await fetch((await share.share()).links.torrent)).text()
    const { webSeeds } = webSeedsSchema.parse(await (await share.put(place.bucket.url)).json())
    expect(webSeeds).toMatchObject([{ url: place.bucket.url, state: 'ok', reason: null }])
    expect(await share.list()).toEqual(webSeeds)
    const { webSeeds: urls, links } = await share.share()
    expect(urls).toEqual([place.bucket.url])
    expect(parseMagnet(links.magnet).webSeeds).toEqual([place.bucket.url])
    const torrent = await (await fetch(links.torrent)).text()
    expect(torrent).toBe(before.replace(/e$/, `8:url-listl${place.bucket.url.length}:${place.bucket.url}ee`))
    expect(place.bucket.requests).toContain('/folder/sub/100%25.bin')
  })

  test('takes an address of a single file as it is, or the folder it lies in', async () => {
    await using share = await owned(place.single)
    const direct = `${place.bucket.url}elsewhere?v=1`
    expect((await share.put(direct, place.bucket.url, place.bucket.url)).status).toBe(200)
    expect((await share.share()).webSeeds).toEqual([direct, place.bucket.url])
    expect((await share.put()).status).toBe(200)
    expect((await share.share()).webSeeds).toEqual([])
  })

  test('is for the owner', async () => {
    await using share = await owned(place.single)
    const headers = { 'content-type': 'application/json' }
    const put = (extra: Record<string, string>) =>
      fetch(`${share.path}/web-seeds`, {
        method: 'PUT',
        headers: { ...headers, ...extra },
        body: JSON.stringify({ urls: [place.bucket.url] }),
      })
    await expectFault(await put({}), 'owner_key_missing')
    await expectFault(await put({ authorization: 'Bearer abc' }), 'owner_key_wrong')
    await expectFault(await fetch(`${share.path}/web-seeds`), 'owner_key_missing')
    expect(place.bucket.requests).toEqual([])
  })

  test.each<[string, (url: string) => string[], ErrorCode]>([
    ['no URL', () => ['x'], 'web_seed_invalid'],
    ['another scheme', () => ['ftp://x.example/'], 'web_seed_invalid'],
    ['a file', () => ['file:///etc/passwd'], 'web_seed_invalid'],
    ['a password', () => ['http://a:b@x.example/'], 'web_seed_invalid'],
    ['a fragment', url => [`${url}#x`], 'web_seed_invalid'],
    ['a query that a name would follow', url => [`${url}?x`], 'web_seed_invalid'],
    ['nine of them', url => Array.from({ length: 9 }, () => url), 'bad_request'],
    ['one that is too long', url => [url + 'x'.repeat(2000)], 'bad_request'],
    ['one that becomes too long', url => [url + 'ü'.repeat(1000)], 'web_seed_invalid'],
    ['a place without the files', url => [`${url}other/`], 'web_seed_unreachable'],
    ['nobody at all', () => ['http://127.0.0.1:1/'], 'web_seed_unreachable'],
    ['a name that does not exist', () => ['http://nowhere.invalid/'], 'web_seed_unreachable'],
  ])('refuses %s, and leaves what was there', async (_, urls, code) => {
    await using share = await owned(place.tree)
    await share.put(place.bucket.url)
    const before = await share.list()
    await expectFault(await share.put(...urls(place.bucket.url)), code)
    await expectFault(await share.put(place.bucket.url, ...urls(place.bucket.url)), code)
    expect(await share.list()).toEqual(before)
  })

  test('asks for a moment when too many web seeds are to be looked at', { tags: 'long' }, async () => {
    await using share = await owned(place.single)
    place.bucket.misbehave = () => true
    const answers = Array.from({ length: 5 }, (_, put) =>
      share.put(...Array.from({ length: 8 }, (_, at) => `${place.bucket.url}${put}${at}/`)),
    )
    await expectFault(await Promise.any(answers), 'server_busy')
    place.bucket.misbehave = (_, response) => {
      response.writeHead(404).end()
      return true
    }
    await Promise.all(answers)
  })
})

describe('looking again', () => {
  const later = (hours: number) => new Date(Date.now() + hours * 3_600_000)
  const unavailable: Misbehave = (_, response) => {
    response.writeHead(503, { 'retry-after': '18000' }).end()
    return true
  }

  test('takes a web seed out while it fails, and in again when it is right', async () => {
    await using share = await owned(place.single)
    await share.put(place.bucket.url)
    place.bucket.misbehave = unavailable
    place.bucket.requests.length = 0
    await place.server.services.webSeedList.checkDue(later(5.9))
    expect(place.bucket.requests).toEqual([])
    await place.server.services.webSeedList.checkDue(later(6.1))
    expect(await share.list()).toMatchObject([{ state: 'failed', reason: 'web_seed_unreachable' }])
    expect((await share.share()).webSeeds).toEqual([])

    place.bucket.misbehave = () => false
    place.bucket.requests.length = 0
    // It asked for five hours.
    await place.server.services.webSeedList.checkDue(later(4.9))
    expect(place.bucket.requests).toEqual([])
    await place.server.services.webSeedList.checkDue(later(5.1))
    expect((await share.share()).webSeeds).toEqual([place.bucket.url])
  })
})
