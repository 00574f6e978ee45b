import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { FrameLocator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { makeVideo } from '../../support/content/video.ts'
import { type HostServer, html, snippet, startHost } from '../../support/widget/host-page.ts'

const { folder, person, publisher, server } = setStage()
const file = () => join(folder.path, 'image.bin')
const video = makeVideo(30)

let host: HostServer
let link: string
let filmLink: string
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, {
    'image.bin': noise(1_000_000, 31),
    'film/film.mp4': video,
    'film/film.de.vtt': 'WEBVTT\n\n00:00.000 --> 00:20.000\nGuten Tag\n',
    'film/poster.png': Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
  })
  link = (await publisher().publish(file())).link
  filmLink = (await publisher().publish(join(folder.path, 'film'))).link
})
afterAll(() => host.close())

const embedUrl = (share: string, query = '') => `${server.url}/embed/${share.slice(-40)}${query}`

async function visit(body: string): Promise<Page> {
  const page = await person()
  await page.goto(host.put(`/${crypto.randomUUID()}`, { body: html(body) }))
  return page
}

async function saveIn(page: Page, frame: FrameLocator): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    frame.getByRole('button', { name: 'Save' }).click(),
  ])
  const path = join(folder.path, 'saved', `${Date.now()}-${download.suggestedFilename()}`)
  await download.saveAs(path)
  return path
}

const stateIn = (frame: FrameLocator, state: string) => frame.locator(`tabseed-download[data-state=${state}]`)

describe('the frame', () => {
  it('shows what it is before the click, and saves byte for byte', async () => {
    const page = await visit(`<iframe src="${embedUrl(link)}" title="Download"></iframe>`)
    const frame = page.frameLocator('iframe')
    await frame.getByText('image.bin').waitFor()
    await frame.getByText(/1\sMB/).waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      frame.getByRole('button', { name: 'Download' }).click(),
    ])
    const path = join(folder.path, 'saved', 'by-itself.bin')
    await download.saveAs(path)
    expect(sha256File(path)).toBe(sha256File(file()))
  })

  it('saves from a sandbox that allows downloads, and offers our own page in every sandbox', {
    tags: 'long',
  }, async () => {
    const page = await visit(
      `<iframe sandbox="allow-scripts allow-downloads" src="${embedUrl(link)}" title="Download"></iframe>`,
    )
    const frame = page.frameLocator('iframe')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      frame.getByRole('button', { name: 'Download' }).click(),
    ])
    const path = join(folder.path, 'saved', 'sandbox.bin')
    await download.saveAs(path)
    expect(sha256File(path)).toBe(sha256File(file()))

    const strict = await visit(
      `<iframe sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox" src="${embedUrl(link)}" title="Download"></iframe>`,
    )
    const inner = strict.frameLocator('iframe')
    await inner.getByRole('button', { name: 'Download' }).click()
    await stateIn(inner, 'done').waitFor()
    const [opened] = await Promise.all([
      strict.waitForEvent('popup'),
      inner.getByRole('link', { name: /^Open in Tabseed/ }).click(),
    ])
    await opened.waitForURL(link)

    const closed = await visit(
      `<iframe sandbox="allow-scripts" src="${embedUrl(link)}" title="Download"></iframe>`,
    )
    const deaf = closed.frameLocator('iframe')
    await deaf.getByRole('button', { name: 'Download' }).click()
    await stateIn(deaf, 'done').waitFor()
    await deaf.getByRole('button', { name: 'Save' }).click()
    const address = deaf.getByRole('textbox', { name: /open this address/ })
    await address.focus()
    expect(await address.evaluate((field: HTMLInputElement) => [field.value, field.selectionEnd])).toEqual([
      link,
      link.length,
    ])
    expect(await deaf.getByText(/^Saved\./).count()).toBe(0)
    await deaf.getByText('Complete. Every part is verified.').first().waitFor()
  })

  it('says in words that there is no such share', async () => {
    const url = embedUrl('0123456789abcdef0123456789abcdef01234567', '?lang=de')
    expect((await fetch(url)).status).toBe(404)
    const page = await visit(`<iframe src="${url}" title="Download"></iframe>`)
    await page.frameLocator('iframe').getByText('gibt es nicht').waitFor()
  })

  it('tells the page around how it goes, and does no more for it than a click would', async () => {
    const page = await person()
    const errors: string[] = []
    const downloads: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    page.on('download', download => downloads.push(download.suggestedFilename()))
    const body = `
      <iframe title="Download"></iframe>
      <script>
        const frame = document.querySelector('iframe')
        const hostile = [
          null, 7, 'start', [], { tabseed: 'save' },
          { tabseed: 'set', name: 'share', value: '${'f'.repeat(40)}' },
          { tabseed: 'set', name: 'onclick', value: 'alert(1)' },
          { tabseed: 'set', name: 'label', value: {} },
          { tabseed: 'set', name: '__proto__', value: 'x' },
          { tabseed: 'set', name: 'label', value: '<img src=x onerror=alert(1)>' },
        ]
        const states = []
        addEventListener('message', ({ data, origin, source }) => {
          if (source !== frame.contentWindow || origin !== '${server.url}') return
          const send = message => frame.contentWindow.postMessage(message, '*')
          if (data.tabseed === 'ready') [...hostile, { tabseed: 'start' }].forEach(send)
          if (data.tabseed === 'status') states.push(data.status.state)
          document.title = states.join(' ')
        })
        frame.src = '${embedUrl(link)}'
      </script>`
    await page.goto(host.put('/messages', { body: html(body) }))
    await page.waitForFunction(() => document.title.endsWith('done'))
    expect(await page.title()).toMatch(/^idle.* starting .*done$/)
    // Nobody clicked in it: whatever the page around asks for, only this click brings something to the disk.
    const frame = page.frameLocator('iframe')
    expect(sha256File(await saveIn(page, frame))).toBe(sha256File(file()))
    expect(downloads).toEqual(['image.bin'])
    expect(await frame.locator('tabseed-download').getAttribute('share')).toBe(link.slice(-40))
    expect(await frame.locator('tabseed-download').getAttribute('onclick')).toBeNull()
    expect(await frame.locator('img').count()).toBe(0)
    expect(errors).toEqual([])
  })

  it('is believed by the element only when it is its own', async () => {
    const page = await visit(snippet(link, 'mode="player"'))
    await page.locator('tabseed-download[data-state=idle]').waitFor()
    await page.evaluate(() => {
      const status = { state: 'done', downloaded: 5, length: 5 }
      postMessage({ tabseed: 'ready' }, '*')
      postMessage({ tabseed: 'status', status }, '*')
    })
    await page.evaluate(() => new Promise(resolve => setTimeout(resolve)))
    expect(await page.locator('tabseed-download').getAttribute('data-state')).toBe('idle')
  })
})

describe('player mode', () => {
  it('plays and seeks while it downloads, with poster and captions of the share', {
    tags: 'long',
  }, async () => {
    const page = await visit(snippet(filmLink, 'mode="player" label="Watch"'))
    await page.getByRole('button', { name: 'Watch' }).click()
    const frame = page.frameLocator('tabseed-download iframe')
    const element = frame.locator('video')
    await element.waitFor()
    const playedTo = (seconds: number) =>
      element.evaluate(
        (shown, at) =>
          new Promise<void>(resolve => {
            const film = shown as HTMLVideoElement
            const look = () => {
              if (film.currentTime <= at || film.readyState < 3) return
              film.removeEventListener('timeupdate', look)
              resolve()
            }
            film.addEventListener('timeupdate', look)
            look()
          }),
        seconds,
      )
    await playedTo(0.3)
    await element.evaluate(film => {
      ;(film as HTMLVideoElement).currentTime = 24
    })
    await playedTo(24.3)
    const shown = await element.evaluate(film => {
      const { duration, poster, textTracks } = film as HTMLVideoElement
      return { duration: Math.round(duration), poster, language: textTracks[0]?.language }
    })
    expect(shown).toMatchObject({ duration: 30, language: 'de' })
    const poster = await element.evaluate(
      film =>
        new Promise<number>((resolve, reject) => {
          const image = new Image()
          image.onload = () => resolve(image.width)
          image.onerror = () => reject(new Error('no poster'))
          image.src = (film as HTMLVideoElement).poster
        }),
    )
    expect(poster).toBe(1)
    const captions = await element.evaluate(
      film =>
        new Promise(resolve => {
          const [track] = (film as HTMLVideoElement).textTracks
          if (!track) throw new Error('no captions')
          track.oncuechange = () => resolve((track.activeCues?.[0] as VTTCue | undefined)?.text)
          track.mode = 'showing'
          ;(film as HTMLVideoElement).currentTime = 2
        }),
    )
    expect(captions).toBe('Guten Tag')
    await page.locator('tabseed-download[data-state=done]').waitFor()
    expect(
      await element.evaluate(async film => {
        const bytes = await (await fetch((film as HTMLVideoElement).src)).arrayBuffer()
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
        return [...digest].map(byte => byte.toString(16).padStart(2, '0')).join('')
      }),
    ).toBe(createHash('sha256').update(video).digest('hex'))
  })
})
