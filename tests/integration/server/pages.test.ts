import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rawAnswer } from '../../support/clients/raw-http.ts'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { publishListed, publishNamed, publishWith } from '../../support/content/shares.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

const OPERATOR = 'operator-key-of-these-tests'
const UNKNOWN = '0123456789'.repeat(4)

let server: TestServer
beforeAll(async () => {
  server = await startServer(['--operator-key', OPERATOR, '--contact', 'abuse@example.org'])
})
afterAll(() => server[Symbol.asyncDispose]())

const page = (path: string) => fetch(`${server.url}${path}`)

/** The HTML of a page as a browser without scripts has it. */
const htmlOf = async (path: string) => (await (await page(path)).text()).replace(/<script.*?<\/script>/gs, '')

describe('the page of a share', () => {
  test('names the address it has here', async () => {
    const { infoHash, share } = await publishNamed(server.url, 'links')
    const answer = await page(`/d/${infoHash}`)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain(`<link rel="canonical" href="${share.links.page}"`)
  })

  test('names its oEmbed address, beside its cards', async () => {
    const { infoHash } = await publishNamed(server.url, 'image.iso')
    const body = await (await page(`/d/${infoHash}`)).text()
    const link = /<link rel="alternate" type="application\/json\+oembed" href="([^"]+)"/.exec(body)?.[1] ?? ''
    const described = await (await fetch(link.replaceAll('&amp;', '&'))).json()
    expect(described.title).toBe('image.iso')
    expect((await fetch(described.thumbnail_url)).headers.get('content-type')).toBe('image/png')
    for (const name of ['og:title', 'og:description', 'og:image', 'twitter:card', 'twitter:image']) {
      expect(body, name).toContain(`"${name}"`)
    }
  })

  test('is not found when there is no such share', async () => {
    const answer = await page(`/d/${UNKNOWN}`)
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toContain('text/html')
  })

  test('says why it is blocked, and where to appeal', async () => {
    const { infoHash } = await publishNamed(server.url, 'blocked')
    await fetch(`${server.url}/api/shares/${infoHash}/blocked`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${OPERATOR}` },
      body: JSON.stringify({ reason: 'Spam & <b>fraud</b>' }),
    })
    for (const path of ['d', 'status']) {
      const answer = await page(`/${path}/${infoHash}`)
      expect(answer.status).toBe(451)
      expect(answer.headers.get('content-type')).toContain('text/html')
      const body = await answer.text()
      expect(body).toContain('Spam &amp; &lt;b&gt;fraud&lt;/b&gt;')
      expect(body).toContain('mailto:abuse@example.org')
      expect(body).not.toContain('blocked.txt')
    }
    expect((await page(`/d/${infoHash}/opengraph-image`)).status).toBe(451)
  })
})

test('a Host header that is no host is refused', async () => {
  expect(await rawAnswer(server.url, '/', 'a"onload=alert(1)')).toMatch(/^HTTP\/1.1 400 [\s\S]*bad_request/)
})

test('no page may be framed', async () => {
  const { infoHash } = await publishNamed(server.url, 'framed')
  for (const path of [
    '/',
    '/library',
    '/heal',
    '/receive',
    `/d/${infoHash}`,
    `/d/${UNKNOWN}`,
    '/nothing',
    '/embed',
    '/embed/a/b',
    '/sw.js',
  ]) {
    const { headers } = await page(path)
    expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'")
    // Nor does one that opened it, or that it opens, get a hold of it.
    expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin')
  }
})

test('inline scripts of a page run by a nonce of that answer alone, whatever policy a request brings', async () => {
  const { infoHash } = await publishNamed(server.url, 'nonce')
  const nonces = new Set<string>()
  for (const path of ['/', '/library', '/status', `/d/${infoHash}`, `/d/${UNKNOWN}`, '/nothing']) {
    const answer = await fetch(`${server.url}${path}`, {
      headers: { 'content-security-policy': "script-src 'nonce-mine'" },
    })
    const policy = answer.headers.get('content-security-policy') ?? ''
    const scripts = /script-src ([^;]+)/.exec(policy)?.[1] ?? ''
    expect(scripts, path).toContain("'strict-dynamic'")
    expect(scripts, path).not.toContain('unsafe')
    const nonce = /'nonce-([^']+)'/.exec(scripts)?.[1] ?? ''
    nonces.add(nonce)
    const tags = (await answer.text()).match(/<script\b[^>]*>/g) ?? []
    expect(tags.length, path).toBeGreaterThan(0)
    for (const tag of tags) expect(tag, path).toContain(`nonce="${nonce}"`)
  }
  expect(nonces.size).toBe(6)
  expect([...nonces]).not.toContain('mine')
})

test('no pictures are made for whoever asks', async () => {
  const { status } = await page('/_next/image?url=%2Ficon.svg&w=640&q=75')
  expect(status).toBe(404)
})

describe('the status page', () => {
  test('has a share and who is in it without a script', async () => {
    const { infoHash } = await publishListed(server.url, 'status counts')
    using seed = await TrackerClient.open(server.announceUrl)
    await seed.announce(infoHash, peerIdNamed('seed'), { left: 0 })
    using reader = await TrackerClient.open(server.announceUrl)
    await reader.announce(infoHash, peerIdNamed('reader'), { left: 100, downloaded: 0 })
    // One look at all swarms is good for a second.
    await expect
      .poll(() => htmlOf('/status'), { timeout: 5_000, interval: 100 })
      .toContain(`data-share="${infoHash}" data-complete="1" data-downloading="1" data-downloaded="0"`)
    expect(await htmlOf('/status')).toContain('status counts')
  })

  test('hides shares that are not listed', async () => {
    const { share } = await publishWith(server.url, 'status unlisted', {})
    using peer = await TrackerClient.open(server.announceUrl)
    await peer.announce(share.infoHash, peerIdNamed('peer'), { left: 0 })
    expect((await page(`/status/${share.infoHash}`)).status).toBe(404)
    expect(await htmlOf('/status')).not.toContain(share.infoHash)
  })

  test('shows names as text', async () => {
    await publishWith(server.url, 'status markup', {
      listed: true,
      title: '<img src=x onerror=alert(1)>\u202etxt.exe',
    })
    const html = await htmlOf('/status')
    expect(html).toContain('&lt;img src=x')
    expect(html).not.toContain('<img src=x')
    expect(html).not.toContain('\u202e')
  })

  test('sorts by a column without a script, and passes over what is none', async () => {
    const [a, z] = await Promise.all([publishListed(server.url, 'AAA'), publishListed(server.url, 'zzz')])
    const isBefore = (html: string) => html.indexOf(a.infoHash) < html.indexOf(z.infoHash)
    expect(isBefore(await htmlOf('/status?sort=name&order=asc'))).toBe(true)
    expect(isBefore(await htmlOf('/status?sort=name&order=desc'))).toBe(false)
    expect((await page('/status?sort=__proto__&sort=x')).status).toBe(200)
  })

  test.each(['no-hash', 'ff'.repeat(20), `${'ff'.repeat(19)}zz`])('has no history of %s', async name => {
    expect((await page(`/status/${name}`)).status).toBe(404)
  })

  test('shows no names with TABSEED_STATUS=totals, and is not there when it is off', async () => {
    await using totals = await startServer(['--status', 'totals'])
    await publishListed(totals.url, 'status setting')
    expect(await (await fetch(`${totals.url}/status`)).text()).not.toContain('status setting')

    await using off = await startServer(['--status', 'off'])
    expect((await fetch(`${off.url}/status`)).status).toBe(404)
    expect(await (await fetch(off.url)).text()).not.toContain('href="/status"')
  })
})
