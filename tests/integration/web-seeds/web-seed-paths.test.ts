import { readdirSync, readlinkSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../lib/base/errors.ts'
import { noise } from '../../support/content/fixtures.ts'
import { publishedContent } from '../../support/content/hosted-shares.ts'
import { startApp } from '../../support/server/app.ts'
import { BIG, bytesOf, expectError, serveHostedFiles } from '../../support/server/hosted-files.ts'

const POLL = { timeout: 20_000 }
const files = serveHostedFiles()
const { folder, get, hosted, raw, single100, urlOf } = files

/** The answer to a GET of `target` as it stands, unlike `fetch`, which would tidy it. */
const rawGet = (target: string, headers = '') =>
  raw(`GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`)

/** Descriptors of this process, which is the server, that are open on held files. */
function openHeldFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(folder.path) ? [target] : []
    } catch {
      return []
    }
  })
}

describe('paths', () => {
  test('name each file, percent-encoded once', async () => {
    for (const [path, bytes] of Object.entries(files.content.tree.files)) {
      const encoded = `täg/${path}`.split('/').map(encodeURIComponent).join('/')
      const response = await get({}, urlOf(files.content.tree, encoded))
      expect(response.status, path).toBe(200)
      expect(await bytesOf(response)).toEqual(bytes)
    }
  })

  test('in a query do not count', async () => {
    const response = await get({}, `${single100()}?path=/etc/passwd`)
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test.each([
    '',
    '/',
    '0',
    'video.mp4/',
    '/video.mp4',
    './video.mp4',
    'x/../video.mp4',
    '%2e%2e/%2e%2e/etc/passwd',
    '../../../../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '..%252f..%252fetc%252fpasswd',
    '..\\..\\etc\\passwd',
    '..%5c..%5cetc%5cpasswd',
    '%00',
    'video.mp4%00',
    'video.mp4%00.txt',
    '%c0%ae%c0%ae/video.mp4',
    'video%2Emp4%2F',
    'VIDEO.MP4',
    'video.mp4;x',
    '%',
    '%zz',
    '%e0%a4',
    '__proto__',
    'constructor',
    'C:/windows/win.ini',
    '/etc/passwd',
    '//etc/passwd',
    '%2fetc%2fpasswd',
  ])('"%s" is no file of the share', async path => {
    const answer = await rawGet(`/w/${files.content.single.metainfo.infoHash}/${path}`)
    expect(answer).toMatch(/^HTTP\/1.1 404 [\s\S]*"file_not_found"/)
  })

  test('find a file by an encoded slash too, and are not decoded twice', async () => {
    for (const path of ['t%C3%A4g%2Fa.html', 't%C3%A4g/b%2F100%25.txt']) {
      const response = await get({}, urlOf(files.content.tree, path))
      expect(response.status, path).toBe(200)
      await response.body?.cancel()
    }
    for (const path of ['t%25C3%25A4g/a.html', 't%C3%A4g%252Fa.html', 'a.html']) {
      await expectError(await get({}, urlOf(files.content.tree, path)), 'file_not_found')
    }
  })

  test('with a dot that is only encoded are the same name', async () => {
    const response = await get({}, urlOf(files.content.single, 'video%2emp4'))
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test.each<[string, ErrorCode]>([
    ['0123456789'.repeat(4), 'share_not_held'],
    ['0123', 'share_not_found'],
    ['..', 'share_not_found'],
    ['%2e%2e', 'share_not_found'],
  ])('of the share "%s" lead nowhere', async (hash, code) => {
    expect(await rawGet(`/w/${hash}/video.mp4`)).toMatch(new RegExp(`^HTTP/1.1 404 [^]*"${code}"`))
  })
})

describe('what lies on disk', () => {
  test('is not served while the share is incomplete', async () => {
    const partial = await publishedContent('partial', noise(500, 5))
    const share = hosted.hold(partial)
    share.complete = false
    await expectError(await get({}, urlOf(partial, 'partial')), 'share_not_held')
    share.complete = true
    expect(await bytesOf(await get({}, urlOf(partial, 'partial')))).toEqual(partial.files['partial'])
  })

  test.each<[string, (path: string) => void]>([
    ['longer than the share says', path => writeFileSync(path, noise(501))],
    ['shorter', path => writeFileSync(path, noise(499))],
    ['gone', path => rmSync(path)],
    [
      'a link to somewhere else',
      path => {
        writeFileSync(join(folder.path, 'secret'), noise(500, 8))
        rmSync(path)
        symlinkSync(join(folder.path, 'secret'), path)
      },
    ],
    [
      'a folder',
      path => {
        rmSync(path)
        symlinkSync('/proc', path)
      },
    ],
  ])('is not served when it is %s', async (what, spoil) => {
    const content = await publishedContent(`spoilt ${what}`, noise(500, 6))
    const path = hosted.hold(content).path(0)
    spoil(path)
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(urlOf(content, encodeURIComponent(content.metainfo.name)), { method })
      expect(response.status).toBe(500)
      if (method === 'GET') await expectError(response, 'held_file_damaged')
    }
    expect(openHeldFiles()).toEqual([])
  })

  test('cuts the connection when it shrinks while it is sent', async () => {
    const content = await publishedContent('shrinks', new Uint8Array(BIG))
    const path = hosted.hold(content).path(0)
    const response = await get({}, urlOf(content, 'shrinks'))
    truncateSync(path, 1000)
    await expect(response.arrayBuffer()).rejects.toThrow()
    await expect.poll(openHeldFiles, POLL).toEqual([])
  })
})

describe('answers that run', () => {
  const bigUrl = () => urlOf(files.content.big, 'big.bin')

  test('wait for a slow reader, and let go of the file when it leaves', async () => {
    const share = hosted.hold(files.content.big)
    const aborted = new AbortController()
    const response = await fetch(bigUrl(), { signal: aborted.signal })
    await response.body?.getReader().read()
    expect(share.bytesSent).toBeLessThan(BIG / 2)
    // A second one is open while a piece is verified before it is sent.
    await expect.poll(openHeldFiles, POLL).toHaveLength(1)
    aborted.abort()
    await expect.poll(openHeldFiles, POLL).toEqual([])
  })

  test('leave nothing open when clients go at any moment', async () => {
    const port = Number(new URL(files.server.url).port)
    await Promise.all(
      Array.from({ length: 50 }, async (_, count) => {
        const socket = connect(port, '127.0.0.1').on('error', () => {})
        const closed = new Promise(resolve => socket.once('close', resolve))
        socket.write(
          `GET /w/${files.content.big.metainfo.infoHash}/files.content.big.bin HTTP/1.1\r\nHost: x\r\n\r\n`,
          () => {
            if (count % 2) socket.destroy()
            else socket.once('data', () => socket.destroy())
          },
        )
        await closed
      }),
    )
    await expect.poll(openHeldFiles, POLL).toEqual([])
  })

  test('are cut when the share is dropped, and no others', async () => {
    const response = await get({}, bigUrl())
    const other = await publishedContent('other.bin', new Uint8Array(BIG))
    hosted.hold(other)
    const kept = await get({}, urlOf(other, 'other.bin'))
    hosted.remove(files.content.big.metainfo.infoHash)
    files.server.services.webSeed.drop(files.content.big.metainfo.infoHash)
    await expect(response.arrayBuffer()).rejects.toThrow()
    await expectError(await get({}, bigUrl()), 'share_not_held')
    expect((await kept.arrayBuffer()).byteLength).toBe(BIG)
    hosted.hold(files.content.big)
  })

  test('end when the share is held no more, though nobody said so', async () => {
    const response = await get({}, bigUrl())
    hosted.remove(files.content.big.metainfo.infoHash)
    await expect(response.arrayBuffer()).rejects.toThrow()
    await expect.poll(openHeldFiles, POLL).toEqual([])
    hosted.hold(files.content.big)
  })

  test('are limited for one client; what is over is told to come back', async () => {
    const responses = await Promise.all(Array.from({ length: 70 }, () => get({}, bigUrl())))
    const refused = responses.filter(({ status }) => status === 503)
    expect(refused).toHaveLength(6)
    expect(refused[0]?.headers.get('retry-after')).toBe('10')
    await expectError(refused[0] as Response, 'server_busy')
    await Promise.all(responses.map(response => response.bodyUsed || response.body?.cancel()))
    await expect.poll(openHeldFiles, POLL).toEqual([])
    const again = await get({}, bigUrl())
    expect(again.status).toBe(200)
    await again.body?.cancel()
  })

  test('keep to the limit, all together', async () => {
    await using limited = await startApp({ TABSEED_WEBSEED_LIMIT: '100kB' }, { hosted })
    const start = performance.now()
    const url = `${limited.url}/w/${files.content.single.metainfo.infoHash}/video.mp4`
    const bodies = await Promise.all([0, 1, 2].map(async () => (await fetch(url)).arrayBuffer()))
    const seconds = (performance.now() - start) / 1000
    expect(bodies.map(({ byteLength }) => byteLength)).toEqual([100_000, 100_000, 100_000])
    // 300 kB at 100 kB/s, of which one second's worth may pass at once.
    expect(seconds).toBeGreaterThan(1.8)
    expect(seconds).toBeLessThan(4)
  })
})
