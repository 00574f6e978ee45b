import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { save, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { makeVideo } from '../../support/content/video.ts'

const { folder, person, publisher, server } = setStage()

const playerIn = (page: Page, state: string) => page.locator(`[data-player-state=${state}]`)

describe('a video', () => {
  it('starts and seeks to 80 % with less than a quarter of it fetched, and without a download', async () => {
    const video = makeVideo(60)
    writeTree(folder.path, { 'film.mp4': video })
    const share = await publisher().publish(join(folder.path, 'film.mp4'))
    const before = share.uploaded()

    const reader = await person()
    await reader.goto(share.link)
    await reader.getByRole('button', { name: 'Play', exact: true }).click()
    await playerIn(reader, 'ready').waitFor()
    const element = reader.locator('video')
    const playedTo = (seconds: number) =>
      reader.waitForFunction(
        at => {
          const video = document.querySelector('video')
          return video !== null && video.currentTime > at && video.readyState >= 3 && !video.seeking
        },
        seconds,
        { timeout: 30_000 },
      )
    await playedTo(0.5)
    await element.evaluate((video: HTMLVideoElement) => {
      video.currentTime = 48
    })
    await playedTo(48.5)
    const duration = await element.evaluate((video: HTMLVideoElement) => video.duration)
    expect(duration).toBeCloseTo(60, 0)
    expect(share.uploaded() - before).toBeLessThan(0.25 * video.length)
    await reader.keyboard.press('Escape')
    // Nothing was chosen, so nothing is saved and the download is still to be started.
    await reader.getByRole('button', { name: /^Download/ }).click()
    await waitForState(reader, 'done', 60_000)
    const path = await save(reader, /^Save/, folder.path)
    expect(sha256File(path)).toBe(createHash('sha256').update(video).digest('hex'))
    // What was played was not fetched again.
    expect(share.uploaded() - before).toBeLessThan(1.05 * video.length)
  })
})

describe('addresses of files', () => {
  it('answer ranges, and never let a file run in our origin', async () => {
    const bytes = noise(100_000, 4)
    const source = join(folder.path, 'mixed')
    writeTree(source, {
      'sound.bin': bytes,
      'note.txt': 'Grüße\n<script>parent.ran = true</script>\n',
      'latin.txt': Buffer.from('Straße nach Köln', 'latin1'),
      'clip.mov': makeVideo(2),
      'page.html': '<script>top.ran = true; document.title = "ran"</script>',
      'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>top.ran = true</script></svg>',
    })
    const { link } = await publisher().publish(source)
    const reader = await person()
    await reader.goto(link)
    await reader.getByRole('button', { name: 'Show note.txt' }).click()
    await reader.getByText('<script>parent.ran = true</script>').waitFor()
    await reader.getByText('Grüße').waitFor()
    await reader.keyboard.press('Escape')
    await reader.getByRole('button', { name: 'Show latin.txt' }).click()
    await reader.getByText('Straße nach Köln').waitFor()
    await reader.getByLabel('Characters').selectOption('Cyrillic (Windows)')
    await reader.getByText('StraЯe nach Kцln').waitFor()
    await reader.keyboard.press('Escape')
    // Chromium plays it, although it says of QuickTime that it cannot.
    await reader.getByRole('button', { name: 'Try to play clip.mov' }).click()
    await playerIn(reader, 'ready').waitFor()
    await reader.keyboard.press('Escape')

    const hash = link.slice(-40)
    const torrent = await fetch(`${server.url}/api/shares/${hash}`)
    const { files } = (await torrent.json()) as { files: { path: string }[] }
    const address = (path: string) => `/play/${hash}/${files.findIndex(file => file.path === path)}/${path}`
    const ask = (path: string, range?: string) =>
      reader.evaluate(
        async ([url, header]) => {
          const response = await fetch(url, header === undefined ? {} : { headers: { range: header } })
          const body = new Uint8Array(await response.arrayBuffer())
          return { status: response.status, headers: Object.fromEntries(response.headers), body: [...body] }
        },
        [address(path), range] as const,
      )
    const part = await ask('sound.bin', 'bytes=70000-70009')
    expect(part.status).toBe(206)
    expect(part.headers['content-range']).toBe('bytes 70000-70009/100000')
    expect(part.body).toEqual([...bytes.subarray(70_000, 70_010)])
    const tail = await ask('sound.bin', 'bytes=-5')
    expect(tail.body).toEqual([...bytes.subarray(-5)])
    expect((await ask('sound.bin', 'bytes=100000-')).status).toBe(416)
    const whole = await ask('sound.bin')
    expect([whole.status, whole.body.length]).toEqual([200, bytes.length])

    for (const path of ['page.html', 'drawing.svg']) {
      const { headers } = await ask(path)
      expect(headers['content-type']).toBe('application/octet-stream')
      expect(headers['content-disposition']).toMatch(/^attachment/)
      // Opened as a page or in a frame it is a download, and nothing of it runs.
      const visitor = await reader.context().newPage()
      const [saved] = await Promise.all([
        visitor.waitForEvent('download'),
        visitor.goto(server.url + address(path)).catch(() => undefined),
      ])
      await saved.cancel()
      await visitor.close()
      const framed = reader.waitForEvent('download')
      await reader.evaluate(src => {
        const frame = document.createElement('iframe')
        frame.src = src
        document.body.append(frame)
      }, address(path))
      await (await framed).cancel()
      expect(await reader.evaluate(() => 'ran' in window)).toBe(false)
    }
    const text = await reader.context().newPage()
    const response = await text.goto(server.url + address('note.txt'))
    expect(await response?.headerValue('content-type')).toBe('text/plain; charset=utf-8')
    expect(await text.evaluate(() => window.origin)).toBe('null')
    await text.close()
  })
})
