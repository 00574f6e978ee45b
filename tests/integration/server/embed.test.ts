import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { errorBodySchema } from '../../../lib/protocol/share.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const UNKNOWN = '0123456789'.repeat(4)
const MARKUP = '<script>alert("1")</script> & \'co\'.iso'

let server: TestApp
let infoHash: string
beforeAll(async () => {
  server = await startApp()
  infoHash = (await publishNamed(server.url, 'image.iso')).infoHash
})
afterAll(() => server[Symbol.asyncDispose]())

const get = (path: string, init: RequestInit = {}) => fetch(`${server.url}${path}`, init)

test('of all answers only /embed/<infohash> may be framed', async () => {
  const others = [
    `/t/${infoHash}.torrent`,
    `/api/shares/${infoHash}`,
    '/api/ice',
    `/w/${infoHash}/image.iso`,
    '/healthz',
    '/embed.js',
    '/oembed',
    `/badge/${infoHash}.svg`,
  ]
  for (const path of others) {
    const policy = (await get(path)).headers.get('content-security-policy')
    expect(policy, path).toContain("frame-ancestors 'none'")
  }
  const policy = (await get(`/embed/${infoHash}`)).headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'; script-src 'self'")
  expect(policy).not.toContain('frame-ancestors')
})

describe('scripts', () => {
  test.each(['/embed.js', '/embed-engine.js', '/embed-frame.js'])(
    '%s may be loaded by any page',
    async path => {
      const response = await get(path)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
      expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
      const etag = response.headers.get('etag') ?? ''
      expect((await get(path, { headers: { 'if-none-match': etag } })).status).toBe(304)
    },
  )

  test('the engine is kept by caches under the name embed.js has for it, and embed.js itself only briefly', async () => {
    const script = await get('/embed.js')
    expect(script.headers.get('cache-control')).toBe('public, max-age=600')
    const engine = /\/embed-engine\.js\?v=[\w-]+/.exec(await script.text())?.[0] ?? ''
    expect((await get(engine)).headers.get('cache-control')).toContain('immutable')
  })

  test('what the engine asks for is there for any page, errors too; what changes a share is not', async () => {
    for (const path of [
      `/api/shares/${infoHash}`,
      `/api/shares/${UNKNOWN}`,
      '/api/ice',
      `/t/${infoHash}.torrent`,
    ]) {
      expect((await get(path)).headers.get('access-control-allow-origin'), path).toBe('*')
    }
    const preflight = await get(`/api/shares/${infoHash}`, { method: 'OPTIONS' })
    expect(preflight.headers.get('access-control-allow-methods')).toBeNull()
    expect(preflight.headers.get('access-control-allow-headers')).toBeNull()
  })

  test('types are there to be fetched', async () => {
    expect(await (await get('/embed.d.ts')).text()).toContain('interface TabseedDownload extends HTMLElement')
    expect((await get('/embed-nothing.js')).status).toBe(404)
  })
})

describe('the frame', () => {
  test('writes names as text', async () => {
    const share = await publishNamed(server.url, MARKUP.replaceAll('/', ' '))
    const page = await (await get(`/embed/${share.infoHash}`)).text()
    expect(page).not.toContain('<script>alert')
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)')
  })

  test('says that there is no such share, in the language that is asked for', async () => {
    for (const name of [UNKNOWN, 'nonsense', '%00']) {
      const response = await get(`/embed/${name}`, { headers: { 'accept-language': 'de' } })
      expect(response.status).toBe(404)
      expect(await response.text()).toContain('<html lang="de">')
    }
  })
})

describe('oEmbed', () => {
  const ask = (query: Record<string, string>) => get(`/oembed?${new URLSearchParams(query)}`)
  const page = () => `${server.url}/d/${infoHash}`

  test('describes a share page, within the size that is asked for', async () => {
    const response = await ask({ url: page(), maxwidth: '300', maxheight: '5', format: 'json' })
    expect(response.headers.get('content-type')).toContain('application/json')
    const answer = await response.json()
    expect(answer).toMatchObject({
      type: 'rich',
      version: '1.0',
      title: 'image.iso',
      width: 300,
      height: 5,
    })
    expect(answer.html).toContain(`<iframe src="${server.url}/embed/${infoHash}"`)
    expect(answer.html).toContain('width="300" height="5" allow="autoplay; fullscreen;')
    expect(answer.thumbnail_url).toBe(`${page()}/opengraph-image`)
  })

  test.each([
    [{ url: 'https://elsewhere.example/d/0123456789012345678901234567890123456789' }, 'share_not_found'],
    [{ url: 'nonsense' }, 'share_not_found'],
    [{}, 'share_not_found'],
    [{ format: 'xml' }, 'oembed_format'],
  ])('refuses %j', async (query, code) => {
    const response = await ask(query)
    expect(errorBodySchema.parse(await response.json()).error.code).toBe(code)
  })

  test('refuses a size that is no number, and a share that is gone', async () => {
    for (const maxwidth of ['1e3', '0', '-5', '', '1'.repeat(9)])
      expect((await ask({ url: page(), maxwidth })).status, maxwidth).toBe(400)
    expect((await ask({ url: `${server.url}/d/${UNKNOWN}` })).status).toBe(404)
  })
})

describe('the badge', () => {
  test('says name, size and who has it', async () => {
    const response = await get(`/badge/${infoHash}.svg`)
    expect(response.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('public, max-age=60')
    const svg = await response.text()
    expect(svg).toContain('image.iso')
    expect(svg.replaceAll('\u00a0', ' ')).toContain('100 B · 0 seeds')
  })

  test('escapes names, and cuts long ones in the middle', async () => {
    const name = `${MARKUP.replaceAll('/', ' ')}\u202e${'x'.repeat(60)}.tar.gz`
    const { infoHash: marked } = await publishNamed(server.url, name)
    const svg = await (await get(`/badge/${marked}.svg`)).text()
    expect(svg).not.toContain('<script')
    expect(svg).not.toContain('\u202e')
    expect(svg).toMatch(/&lt;script&gt;.*…x+\.tar\.gz/)
  })

  test('is an image for a share that is gone too', async () => {
    const response = await get(`/badge/${UNKNOWN}.svg`)
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('not found')
  })
})
