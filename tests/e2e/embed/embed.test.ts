import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible } from '../../support/browser/axe.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { type HostServer, html, snippet, startHost } from '../../support/widget/host-page.ts'

const UNKNOWN = '0123456789abcdef0123456789abcdef01234567'

const { folder, person, publisher, server } = setStage({
  browserFlags: ['--host-resolver-rules=MAP host.example 127.0.0.1'],
})
const file = (name = 'image.bin') => join(folder.path, name)

let host: HostServer
let link: string
let bigLink: string
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, { 'image.bin': noise(1_000_000, 31), 'big.bin': noise(8_000_000, 32) })
  link = (await publisher().publish(file())).link
  bigLink = (await publisher().publish(file('big.bin'))).link
})
afterAll(() => host.close())

const widgetIn = (page: Page, state: string) => page.locator(`tabseed-download[data-state=${state}]`).first()
const press = (page: Page, name = 'Get it') => page.getByRole('button', { name }).first().click()

/** Resolves with the path of what the page saves after `act`. */
async function saved(page: Page, act: () => Promise<unknown>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  const path = join(folder.path, 'saved', `${Date.now()}-${download.suggestedFilename()}`)
  await download.saveAs(path)
  return path
}

/** A new person on a page of another origin. */
async function visit(body: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
  const page = await person()
  await page.goto(host.put(`/${crypto.randomUUID()}`, { body: html(body), headers }))
  return page
}

/** What the page's Content-Security-Policy refused. */
async function violationsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as { refused?: string[] }).refused ?? [])
}
const WATCH_POLICY = `<script nonce="watch">
  window.refused = []
  addEventListener('securitypolicyviolation', event => refused.push(event.violatedDirective + ' ' + event.blockedURI))
</script>`

/** The policy of docs/embedding.md. */
const policy = () =>
  [
    "default-src 'none'",
    `script-src 'nonce-watch' ${server.url}`,
    `connect-src ${server.url} ${server.url.replace('http', 'ws')}`,
    'worker-src blob:',
  ].join('; ')

describe('on a plain page of another origin', () => {
  it('loads only its script before the click, then fetches and saves byte for byte', async () => {
    const page = await person()
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    await page.goto(host.put('/plain', { body: html(snippet(link)) }))
    await widgetIn(page, 'idle').waitFor()
    await page.waitForLoadState('networkidle')
    expect(requests.filter(url => url.startsWith(server.url))).toEqual([`${server.url}/embed.js`])
    const path = await saved(page, () => press(page))
    expect(sha256File(path)).toBe(sha256File(file()))
    await widgetIn(page, 'done').waitFor()
    await page.getByText('Saved. Every part is verified.').first().waitFor()
    expect(await page.context().cookies()).toEqual([])
  })

  it('tells the page by events and properties, and heeds attributes and methods', async () => {
    const page = await visit(snippet(link, 'lang="de" theme="dark" accent="#884400" label="Abbild holen"'))
    await widgetIn(page, 'idle').waitFor()
    await page.getByRole('button', { name: 'Abbild holen' }).waitFor()
    const told = await page.evaluate(async () => {
      const widget = document.querySelector('tabseed-download')
      if (!widget) throw new Error('no widget')
      const events: string[] = []
      for (const type of ['progress', 'done', 'error'] as const) {
        document.addEventListener(`tabseed:${type}`, () => events.push(type))
      }
      const ended = new Promise<CustomEvent>(resolve =>
        document.addEventListener('tabseed:done', event => resolve(event as CustomEvent), { once: true }),
      )
      widget.start()
      const { downloaded, error, length, name } = (await ended).detail
      return { events: [...new Set(events)], state: widget.state, downloaded, error, length, name }
    })
    expect(told).toEqual({
      events: ['progress', 'done'],
      state: 'done',
      downloaded: 1_000_000,
      error: null,
      length: 1_000_000,
      name: 'image.bin',
    })
    // Nobody has touched the page, so nothing was saved by itself.
    await page.getByRole('button', { name: 'Speichern' }).waitFor()
    await page.locator('tabseed-download').evaluate(widget => widget.setAttribute('lang', 'en'))
    const path = await saved(page, () => press(page, 'Save'))
    expect(sha256File(path)).toBe(sha256File(file()))
    // Another share is another download.
    await page
      .locator('tabseed-download')
      .evaluate((widget, other) => widget.setAttribute('share', other), bigLink.slice(-40))
    await widgetIn(page, 'idle').waitFor()
  })

  it('leaves the link inside as it is when the share is malformed, and says when there is no such share', async () => {
    const page = await visit(
      [
        snippet(link).replace(/share="\w+"/, 'share="not a hash"'),
        snippet(link.replace(/\w{40}$/, UNKNOWN), 'label="Gone"'),
      ].join('\n'),
    )
    await widgetIn(page, 'idle').waitFor()
    expect(await page.getByRole('link', { name: 'Get it' }).getAttribute('href')).toBe(link)
    expect(await page.getByRole('button').count()).toBe(1)
    await press(page, 'Gone')
    await page.getByText('This share does not exist, or its publisher stopped sharing it.').first().waitFor()
    await page.getByRole('link', { name: /^Open in Tabseed/ }).waitFor()
  })

  it('goes on when it is taken out of the page and put in again', { tags: 'long' }, async () => {
    const page = await visit(snippet(bigLink))
    await press(page)
    const { before, after } = await page.evaluate(async () => {
      const widget = document.querySelector('tabseed-download')
      const parent = widget?.parentElement
      if (!widget || !parent) throw new Error('no widget')
      const when = (accept: () => boolean) =>
        new Promise<void>(resolve => {
          const look = () => {
            if (!accept()) return
            widget.removeEventListener('tabseed:status', look)
            resolve()
          }
          widget.addEventListener('tabseed:status', look)
          look()
        })
      await when(() => widget.status.downloaded > 0)
      widget.remove()
      await when(() => ['paused', 'done'].includes(widget.state))
      const before = widget.status.downloaded
      parent.append(widget)
      await when(() => widget.state === 'done')
      return { before, after: widget.status.downloaded }
    })
    expect(before).toBeGreaterThan(0)
    expect(after).toBe(8_000_000)
  })

  it('works when the script is there twice, or in two versions', async () => {
    const page = await visit(
      [
        `<script type="module" src="${server.url}/embed.js"></script>`,
        `<script type="module" src="${server.url}/embed.js?old"></script>`,
        snippet(link),
      ].join('\n'),
    )
    const errors: string[] = []
    page.on('pageerror', error => errors.push(error.message))
    expect(sha256File(await saved(page, () => press(page)))).toBe(sha256File(file()))
    expect(errors).toEqual([])
  })

  it('runs twenty widgets of one page with one engine', async () => {
    const page = await person()
    const requests: string[] = []
    page.on('request', request => requests.push(new URL(request.url()).pathname))
    const widgets = Array.from({ length: 20 }, (_, index) => snippet(link, `label="Widget ${index}"`))
    await page.goto(host.put('/twenty', { body: html(...widgets) }))
    await widgetIn(page, 'idle').waitFor()
    await page.evaluate(() => {
      for (const widget of document.querySelectorAll('tabseed-download')) widget.start()
    })
    await page.waitForFunction(
      () => document.querySelectorAll('tabseed-download[data-state=done]').length === 20,
    )
    expect(requests.filter(path => path === '/embed-engine.js')).toHaveLength(1)
    expect(requests.filter(path => path.endsWith('.torrent'))).toHaveLength(1)
  })

  it('leaks no names and no styles into the page', async () => {
    const page = await visit('<button>Mine</button><div class="box">Mine</div>')
    const look = () =>
      page.evaluate(() => {
        const styles = [...document.querySelectorAll('button, .box')].map(element => {
          const { backgroundColor, display, padding } = getComputedStyle(element)
          return [backgroundColor, display, padding]
        })
        return {
          names: Object.getOwnPropertyNames(window).sort(),
          sheets: document.styleSheets.length,
          styles,
        }
      })
    const before = await look()
    await page.addScriptTag({ type: 'module', url: `${server.url}/embed.js` })
    expect(await look()).toEqual(before)
  })
})

describe('under the policy of the host page', () => {
  it('runs in the page where the documented policy allows it, and breaks none of it', async () => {
    const page = await visit(WATCH_POLICY + snippet(link), { 'content-security-policy': policy() })
    expect(sha256File(await saved(page, () => press(page)))).toBe(sha256File(file()))
    expect(await violationsOf(page)).toEqual([])
    expect(await page.locator('iframe').count()).toBe(0)
  })

  it('keeps what arrives in memory where workers are forbidden', async () => {
    const page = await visit(snippet(link), {
      'content-security-policy': policy().replace('worker-src blob:', "worker-src 'none'"),
    })
    expect(sha256File(await saved(page, () => press(page)))).toBe(sha256File(file()))
  })

  it.each([
    ["trusted-types 'none'", 'without a policy of ours'],
    ['trusted-types tabseed', 'with one'],
  ])('works with Trusted Types, %s (%s)', async types => {
    const page = await visit(snippet(link), {
      'content-security-policy': `require-trusted-types-for 'script'; ${types}`,
    })
    expect(sha256File(await saved(page, () => press(page)))).toBe(sha256File(file()))
    expect(await page.locator('iframe').count()).toBe(0)
  })

  it.each([
    ['', 'nothing but the script'],
    [`connect-src ORIGIN`, 'no WebSocket'],
  ])('falls back to the frame by itself where only frames are allowed (%s: %s)', async connect => {
    const page = await visit(snippet(link), {
      'content-security-policy': `default-src 'none'; script-src ${server.url}; frame-src ${server.url}; ${connect.replace('ORIGIN', server.url)}`,
    })
    await press(page)
    await widgetIn(page, 'done').waitFor()
    const frame = page.frameLocator('tabseed-download iframe')
    const path = await saved(page, () => frame.getByRole('button', { name: 'Save' }).click())
    expect(sha256File(path)).toBe(sha256File(file()))
  })

  it('and to the link where not even those are', async () => {
    const page = await visit(snippet(link), {
      'content-security-policy': `default-src 'none'; script-src ${server.url}`,
    })
    const failed = page.evaluate(
      () =>
        new Promise(resolve =>
          document.addEventListener('tabseed:error', event => resolve((event as CustomEvent).detail.code)),
        ),
    )
    await press(page)
    await widgetIn(page, 'link').waitFor()
    expect(await failed).toBe('cannot_run_here')
    await page.getByRole('link', { name: 'Get it' }).click()
    await page.waitForURL(link)
  })

  it.each([
    ["default-src 'none'", true],
    ["default-src 'none'", false],
  ])(
    'leaves a working link where scripts do not run (%s, scripts on: %s)',
    async (value, javaScriptEnabled) => {
      const page = await person({ javaScriptEnabled })
      await page.goto(
        host.put('/none', { body: html(snippet(link)), headers: { 'content-security-policy': value } }),
      )
      await page.getByRole('link', { name: 'Get it' }).click()
      await page.waitForURL(link)
    },
  )

  it('stays a link on a page of plain http', async () => {
    const page = await person()
    const url = host.put('/http', { body: html(snippet(link)) }).replace('localhost', 'host.example')
    await page.goto(url)
    await press(page)
    await widgetIn(page, 'link').waitFor()
    await page.getByRole('link', { name: 'Get it' }).waitFor()
  })
})

describe('for everybody', () => {
  it('is found without fault by axe, in every state, and can be used by keyboard alone', async () => {
    const page = await visit(snippet(link, 'name="image.bin" size="1000000"'))
    await widgetIn(page, 'idle').waitFor()
    await expectAccessible(page)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    // The switch can be turned off before anything starts.
    await page.keyboard.press('Space')
    await page.keyboard.press('Shift+Tab')
    await saved(page, () => page.keyboard.press('Enter'))
    await widgetIn(page, 'done').waitFor()
    expect(
      await page
        .locator('tabseed-download')
        .evaluate(widget => (widget as HTMLElementTagNameMap['tabseed-download']).status.uploads),
    ).toBe(false)
    await expectAccessible(page)
    expect(await page.getByRole('status').textContent()).toContain('Every part is verified')
  })
})
