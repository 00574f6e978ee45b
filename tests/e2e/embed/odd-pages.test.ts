import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'
import { makeVideo } from '../../support/content/video.ts'
import { type HostServer, html, snippet, startHost } from '../../support/widget/host-page.ts'

const UNKNOWN = '0123456789abcdef0123456789abcdef01234567'

const { folder, person, publisher, server } = setStage()

let host: HostServer
let link: string
let filmLink: string
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, { 'image.bin': noise(1_000_000, 51), 'film.mp4': makeVideo(5) })
  link = (await publisher().publish(join(folder.path, 'image.bin'))).link
  filmLink = (await publisher().publish(join(folder.path, 'film.mp4'))).link
})
afterAll(() => host.close())

async function visit(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
  const page = await person()
  await page.goto(host.put(`/${crypto.randomUUID()}`, { body: html(body), headers }))
  return page
}

const widgetIn = (page: Page, state: string) => page.locator(`tabseed-download[data-state=${state}]`).first()
const press = (page: Page, name = 'Get it') => page.getByRole('button', { name }).first().click()
const statusOf = (page: Page, at = 0) =>
  page
    .locator('tabseed-download')
    .nth(at)
    .evaluate(widget => (widget as HTMLElementTagNameMap['tabseed-download']).status)

describe('what the page around looks like', () => {
  it.each([
    [
      'text that is set otherwise',
      'main{white-space:nowrap;text-transform:uppercase;letter-spacing:.3em;text-indent:3em;line-height:3;text-align:right;text-shadow:0 0 2px red;word-spacing:1em}',
    ],
    ['a small root', 'html{font-size:62.5%}'],
    ['a huge root', 'html{font-size:75px}'],
    [
      'a reset of everything',
      '*{font:10px/1 serif!important;margin:0!important;padding:0!important;white-space:nowrap!important;color:red!important;text-transform:uppercase!important}',
    ],
  ])('is nothing to the widget: %s', async (_, style) => {
    const page = await visit(
      `<style>${style}</style><div style="width:300px">${snippet(link, 'name="image.bin"')}</div>`,
    )
    await widgetIn(page, 'idle').waitFor()
    const shown = await page.locator('tabseed-download').evaluate(widget => {
      const text = widget.shadowRoot?.querySelector('.text') ?? widget
      const button = widget.shadowRoot?.querySelector('button') ?? widget
      const { letterSpacing, lineHeight, textIndent, textShadow, textTransform, whiteSpace, wordSpacing } =
        getComputedStyle(text)
      const { fontSize } = getComputedStyle(button)
      return {
        ...{ letterSpacing, lineHeight, textIndent, textShadow, textTransform, whiteSpace, wordSpacing },
        fontSize,
        overflows: text.getBoundingClientRect().right > widget.getBoundingClientRect().right,
      }
    })
    expect(shown).toEqual({
      letterSpacing: 'normal',
      lineHeight: '20.3px',
      textIndent: '0px',
      textShadow: 'none',
      textTransform: 'none',
      whiteSpace: 'normal',
      wordSpacing: '0px',
      fontSize: '16px',
      overflows: false,
    })
  })

  it('the button has the words of the link, not of what stands around it', async () => {
    const page = await visit(snippet(link).replace('<a ', '<p>A long explanation by its author.</p><a '))
    await page.getByRole('button', { name: 'Get it', exact: true }).waitFor()
  })

  it('it speaks the language of the page around the shadow tree that it is in', async () => {
    const element = `<tabseed-download share="${link.slice(-40)}"></tabseed-download>`
    const page = await visit(
      `<div id="outer" lang="de"></div><script>outer.attachShadow({ mode: 'open' }).innerHTML = '${element}'</script>
      <script type="module" src="${server.url}/embed.js"></script>`,
    )
    await page.getByRole('button', { name: 'Herunterladen' }).waitFor()
  })
})

it('where it cannot run, the link stands as the page made it, with a plain sentence below', async () => {
  const page = await visit(snippet(link), {
    'content-security-policy': `default-src 'none'; script-src ${server.url}`,
  })
  await press(page)
  await widgetIn(page, 'link').waitFor()
  await page.getByText('It cannot run here. Use the link.').first().waitFor()
  const heights = await page.locator('tabseed-download').evaluate(({ shadowRoot }) => {
    const heightOf = (name: string) => shadowRoot?.querySelector(name)?.getBoundingClientRect().height ?? 0
    return { box: heightOf('.box'), line: heightOf('.line') }
  })
  expect(heights.line).toBeGreaterThan(0)
  expect(heights.box).toBeLessThan(2 * heights.line)
})

describe('what the page around does', () => {
  it('a download that is paused while the server is asked does not begin, and begins when it is wanted again', async () => {
    const page = await person()
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    await page.route(/\/api\/shares\/\w+$/, async route => {
      asked.resolve()
      await answer.promise
      await route.continue()
    })
    await page.goto(host.put('/slow', { body: html(snippet(link)) }))
    await press(page)
    await asked.promise
    await page.locator('tabseed-download').evaluate((widget: HTMLElementTagNameMap['tabseed-download']) => {
      widget.pause()
    })
    answer.resolve()
    await widgetIn(page, 'paused').waitFor()
    expect((await statusOf(page)).downloaded).toBe(0)
    await press(page, 'Resume')
    await widgetIn(page, 'done').waitFor()
  })

  it('one widget that may not upload speaks for all that show the same share', async () => {
    const page = await visit(snippet(link) + snippet(link, 'no-upload label="Quietly"'))
    expect((await statusOf(page, 1)).uploads).toBe(false)
    await press(page)
    await widgetIn(page, 'done').waitFor()
    await press(page, 'Quietly')
    await page.locator('tabseed-download[data-state=done]').nth(1).waitFor()
    expect((await statusOf(page)).uploads).toBe(false)
    expect((await statusOf(page, 1)).uploads).toBe(false)
  })

  it('a refused picture of our host does not send the download into a frame', async () => {
    const page = await visit(snippet(link), { 'content-security-policy': "img-src 'self'" })
    await widgetIn(page, 'idle').waitFor()
    await page.evaluate(
      badge => {
        const show = () => {
          const image = new Image()
          image.src = `${badge}?${performance.now()}`
          document.body.append(image)
        }
        document.querySelector('tabseed-download')?.addEventListener('tabseed:status', show)
      },
      `${server.url}/badge/${link.slice(-40)}.svg`,
    )
    await press(page)
    await widgetIn(page, 'done').waitFor()
    expect(await page.locator('iframe').count()).toBe(0)
  })
})

describe('a player', () => {
  it('heeds what the page changes, and may fill the screen and begin by itself', async () => {
    const page = await visit(snippet(filmLink, 'mode="player" label="Watch"'))
    await press(page, 'Watch')
    const frame = page.frameLocator('tabseed-download iframe')
    await frame.locator('video').waitFor()
    await page.locator('tabseed-download').evaluate(widget => {
      widget.setAttribute('theme', 'dark')
      widget.setAttribute('lang', 'de')
      widget.setAttribute('no-upload', '')
    })
    await frame.locator('tabseed-download[theme=dark][lang=de][no-upload]').waitFor()
    await page.locator('tabseed-download').evaluate(widget => widget.removeAttribute('theme'))
    await frame.locator('tabseed-download[theme=light]').waitFor()
    const allowed = await frame.locator('video').evaluate(() => document.fullscreenEnabled)
    expect(allowed).toBe(true)
  })

  it('has the colours of the page around, whatever the person likes elsewhere', async () => {
    const page = await visit(
      `<style>:root{color-scheme:dark}</style>${snippet(filmLink, 'mode="player" label="Watch"')}`,
    )
    await press(page, 'Watch')
    const frame = page.frameLocator('tabseed-download iframe')
    await frame.locator('tabseed-download[theme=dark]').waitFor()
    // It looks again whenever something changes.
    await page.locator('tabseed-download').evaluate(widget => {
      document.documentElement.style.colorScheme = 'light'
      widget.setAttribute('accent', '#884400')
    })
    await frame.locator('tabseed-download[theme=light]').waitFor()
  })

  it('of a share that is not here says so, as the other kinds do', async () => {
    const page = await visit(snippet(link.replace(/\w{40}$/, UNKNOWN), 'mode="player" label="Watch"'))
    const told = page.evaluate(
      () =>
        new Promise(resolve =>
          document.addEventListener('tabseed:error', event => resolve((event as CustomEvent).detail)),
        ),
    )
    await press(page, 'Watch')
    await widgetIn(page, 'error').waitFor()
    const words = 'This share does not exist, or its publisher stopped sharing it.'
    expect(await told).toEqual({ code: 'share_not_found', message: expect.stringContaining(words) })
    await page.frameLocator('tabseed-download iframe').getByText(words).waitFor()
  })
})

it('the page keeps what was its own: files, names, and an undisturbed console', async () => {
  const page = await visit('')
  const errors: string[] = []
  page.on('pageerror', error => errors.push(error.message))
  const names = () => page.evaluate(() => Object.getOwnPropertyNames(window).sort())
  const before = await names()
  await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const folder = await root.getDirectoryHandle('chunks', { create: true })
    await folder.getFileHandle('mine', { create: true })
  })
  await page.evaluate(body => {
    const range = document.createRange()
    document.body.append(range.createContextualFragment(body))
  }, snippet(link))
  await press(page)
  await widgetIn(page, 'done').waitFor()
  const kept = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory()
    const names: string[] = []
    for await (const name of (await root.getDirectoryHandle('chunks')).keys()) names.push(name)
    return names
  })
  expect(kept).toEqual(['mine'])
  expect(await names()).toEqual(before)
  const sandboxed = await visit(snippet(link), { 'content-security-policy': 'sandbox allow-scripts' })
  sandboxed.on('pageerror', error => errors.push(error.message))
  await press(sandboxed)
  await widgetIn(sandboxed, 'done').waitFor()
  expect(errors).toEqual([])
})

it('a sandbox that may swallow what is saved, without being known as one, has a way out', async () => {
  const page = await visit(
    `<iframe sandbox="allow-scripts allow-same-origin" src="${server.url}/embed/${link.slice(-40)}" title="Download"></iframe>`,
  )
  const frame = page.frameLocator('iframe')
  await frame.getByRole('button', { name: 'Download' }).click()
  await frame.getByRole('link', { name: /^Open in Tabseed/ }).waitFor()
  await frame.getByText('Complete. Every part is verified.').first().waitFor()
  await frame.getByRole('button', { name: 'Save' }).click()
  const address = frame.getByRole('textbox', { name: /open this address/ })
  expect(await address.inputValue()).toBe(link)
  expect(await frame.getByText(/^Saved\./).count()).toBe(0)
})

it('a frame is of the share in its path, whatever its query says', async () => {
  const page = await person()
  await page.goto(`${server.url}/embed/${link.slice(-40)}?share=${filmLink.slice(-40)}`)
  await widgetIn(page, 'idle').waitFor()
  expect(await page.locator('tabseed-download').getAttribute('share')).toBe(link.slice(-40))
})
