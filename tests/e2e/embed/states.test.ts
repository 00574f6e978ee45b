import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { expectAccessible } from '../../support/browser/axe.ts'
import { takePicture } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256Tree, writeTree } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { makeVideo } from '../../support/content/video.ts'
import { type HostServer, html, snippet, startHost } from '../../support/widget/host-page.ts'

const OPERATOR = 'operator-key-of-these-tests'

const { folder, person, publisher, server } = setStage({ serverArgs: ['--operator-key', OPERATOR] })

let host: HostServer
let treeLink: string
let filmLink: string
let bigLink: string
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, {
    'tree/a/first.txt': 'first',
    'tree/b/second ü.bin': noise(1_500_000, 4),
    'film/film.mp4': makeVideo(5),
    'big.bin': noise(8_000_000, 6),
  })
  treeLink = (await publisher().publish(join(folder.path, 'tree'))).link
  filmLink = (await publisher().publish(join(folder.path, 'film'))).link
  bigLink = (await publisher().publish(join(folder.path, 'big.bin'))).link
})
afterAll(() => host.close())

/** A new person on a page of another origin. */
async function visit(body: string): Promise<Page> {
  const page = await person()
  await page.goto(host.put(`/${crypto.randomUUID()}`, { body: html(body) }))
  return page
}

const frameOf = (link: string, query = '') =>
  `<iframe src="${server.url}/embed/${link.slice(-40)}${query}" title="Download" width="448" height="320"></iframe>`

const widgetIn = (page: Page | ReturnType<Page['frameLocator']>, state: string) =>
  page.locator(`tabseed-download[data-state=${state}]`).first()

it.each(['page', 'frame'] as const)('several files are saved as one zip, from the %s', async where => {
  const page = await visit(where === 'page' ? snippet(treeLink) : frameOf(treeLink))
  const widget = where === 'page' ? page : page.frameLocator('iframe')
  await widget.getByRole('button', { name: /^(Get it|Download)$/ }).click()
  await widgetIn(widget, 'done').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    widget.getByRole('button', { name: 'Save as zip' }).click(),
  ])
  const zip = join(folder.path, `${where}.zip`)
  await download.saveAs(zip)
  const into = join(folder.path, `unzipped-${where}`)
  execFileSync('python3', ['-m', 'zipfile', '-e', zip, into])
  expect(sha256Tree(join(into, 'tree'))).toEqual(sha256Tree(join(folder.path, 'tree')))
})

it('a blocked share is refused in words, by the widget and by the frame', async () => {
  const { infoHash, share } = await publishNamed(server.url, 'blocked.bin')
  const page = await visit(snippet(share.links.page))
  await widgetIn(page, 'idle').waitFor()
  const blocked = await fetch(`${server.url}/api/shares/${infoHash}/blocked`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${OPERATOR}` },
  })
  expect(blocked.status).toBe(200)
  await page.getByRole('button', { name: 'Get it' }).click()
  await widgetIn(page, 'error').waitFor()
  const words = /The operator of this server blocked this share/
  await page.getByText(words).first().waitFor()
  const code = await page
    .locator('tabseed-download')
    .evaluate(widget => (widget as HTMLElementTagNameMap['tabseed-download']).status.error?.code)
  expect(code).toBe('share_blocked')

  expect((await fetch(`${server.url}/embed/${infoHash}`)).status).toBe(451)
  const framed = await visit(frameOf(share.links.page))
  await framed.frameLocator('iframe').getByText(words).waitFor()
  expect((await fetch(`${server.url}/oembed?url=${encodeURIComponent(share.links.page)}`)).status).toBe(451)
  expect(await (await fetch(`${server.url}/badge/${infoHash}.svg`)).text()).toContain('blocked')
})

it('goes on where it stopped when the page is left in the middle and opened again', {
  tags: 'long',
}, async () => {
  const page = await visit(snippet(bigLink))
  // Slow enough to be left in the middle.
  publisher().limit(1_500_000)
  const address = page.url()
  const downloaded = () =>
    page
      .locator('tabseed-download')
      .evaluate(widget => (widget as HTMLElementTagNameMap['tabseed-download']).status.downloaded)
  await page.getByRole('button', { name: 'Get it' }).click()
  await expect.poll(downloaded, { timeout: 20_000, interval: 50 }).toBeGreaterThan(2_000_000)
  await page.goto('about:blank')
  await page.goto(address)
  const first = page.locator('tabseed-download').evaluate(
    widget =>
      new Promise<number>(resolve => {
        widget.addEventListener('tabseed:progress', event =>
          resolve((event as CustomEvent<{ downloaded: number }>).detail.downloaded),
        )
      }),
  )
  await page.getByRole('button', { name: 'Get it' }).click()
  expect(await first).toBeGreaterThan(1_000_000)
  publisher().limit(null)
  await widgetIn(page, 'done').waitFor()
})

it('the frame and the player are found without fault by axe, before, during and after', {
  tags: 'long',
}, async () => {
  const framed = await visit(frameOf(treeLink))
  const frame = framed.frameLocator('iframe')
  await widgetIn(frame, 'idle').waitFor()
  await expectAccessible(framed)
  await frame.getByRole('button', { name: 'Download' }).click()
  await widgetIn(frame, 'done').waitFor()
  await expectAccessible(framed)

  const player = await visit(snippet(filmLink, 'mode="player" label="Watch"'))
  await widgetIn(player, 'idle').waitFor()
  await expectAccessible(player)
  await player.getByRole('button', { name: 'Watch' }).click()
  await player.frameLocator('tabseed-download iframe').locator('video').waitFor()
  await expectAccessible(player)

  // What cannot be had, and what nobody has.
  const { share } = await publishNamed(server.url, 'nobody has it.bin')
  const waiting = await visit(snippet(share.links.page))
  await waiting.getByRole('button', { name: 'Get it' }).click()
  await widgetIn(waiting, 'waiting').waitFor()
  await expectAccessible(waiting)
  await waiting.getByRole('button', { name: 'Pause' }).click()
  await widgetIn(waiting, 'paused').waitFor()
  await expectAccessible(waiting)
})

it.each([
  ['dark', 390],
  ['light', 200],
  ['light', 1280],
] as const)(
  'fits into a column on a %s page %i pixels wide, from right to left too',
  async (theme, width) => {
    const page = await visit(
      [
        `<div dir="rtl">${snippet(treeLink, `theme="${theme}" name="${'a very long name '.repeat(6)}.iso" size="20000000000" sha256="${'ab'.repeat(32)}"`)}</div>`,
        snippet(bigLink, `mode="button" theme="${theme}" label="${'Download now '.repeat(4)}"`),
        frameOf(filmLink, `?theme=${theme}&mode=player`).replace('width="448"', 'style="width:100%"'),
      ].join('\n'),
    )
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme: theme })
    await widgetIn(page, 'idle').waitFor()
    await widgetIn(page.frameLocator('main > iframe'), 'idle').waitFor()
    await takePicture(page, `widgets-${width}-${theme}`)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
  },
)
