import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { presenceSchema } from '../../../lib/protocol/presence.ts'
import { expectAccessible } from '../../support/browser/axe.ts'
import { watchHealth } from '../../support/browser/chromium.ts'
import { PHONE, waitForState } from '../../support/browser/pages.ts'
import { takePicture } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, sha256Tree, writeTree } from '../../support/content/fixtures.ts'

const { folder, newProfile, person, server } = setStage({
  serverArgs: ['--seeder', 'on', '--seeder-port', '0'],
})

const LIMIT = { timeout: 30_000 }

const one = () => join(folder.path, 'one.jpg')
const two = () => join(folder.path, 'two.jpg')
const album = () => join(folder.path, 'Zoë’s album')
beforeAll(() => {
  writeTree(folder.path, {
    'one.jpg': noise(300_000, 1),
    'two.jpg': noise(200_000, 2),
    'Zoë’s album/a/first.bin': noise(700_000, 3),
    'Zoë’s album/second.txt': 'second',
    'huge.bin': noise(50_000, 4),
  })
})

/** Makes a link on the page of who asks; resolves with it. */
async function ask(page: Page, title = ''): Promise<string> {
  await page.goto(`${server.url}/receive`)
  await page.getByLabel('What are you asking for?').fill(title)
  await page.getByRole('button', { name: 'Make a link' }).click()
  return page.getByLabel('Link to send you files with').inputValue()
}

/** Opens the link, chooses files or one folder, and sends them; resolves on the page of what was sent. */
async function send(
  page: Page,
  link: string,
  { name, ...chosen }: { readonly name: string; readonly files?: string[]; readonly folder?: string },
): Promise<void> {
  await page.goto(link)
  await page.locator('[data-send=ready]').waitFor()
  if (chosen.files) await page.locator('input[type=file]').first().setInputFiles(chosen.files)
  if (chosen.folder) await page.locator('input[webkitdirectory]').first().setInputFiles(chosen.folder)
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: /^Send/ }).click()
  await waitForState(page, 'seeding')
}

const row = (page: Page, text: string): Locator => page.locator('[data-delivery]', { hasText: text })

/** Saves what somebody sent as a zip; resolves with the folder in which it was unpacked. */
async function saveZip(page: Page, from: string, out: string): Promise<string> {
  const button = row(page, from).getByRole('button', { name: /^Save as zip|^Save again/ })
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
  const zip = join(folder.path, `${out}.zip`)
  await download.saveAs(zip)
  execFileSync('unzip', ['-q', zip, '-d', join(folder.path, out)])
  return join(folder.path, out)
}

describe('a link to send files with', () => {
  it('brings what two people send to who asked, byte by byte, over a reload, until it is stopped', async () => {
    const asker = await person()
    const complaints = watchHealth(asker.context(), server.url)
    const seen: string[] = []
    asker.context().on('request', request => seen.push(request.url() + (request.postData() ?? '')))
    const link = await ask(asker, 'Photos of the party')
    expect(link).toMatch(/\/r\/[\w-]{22}#[\w-]{50}$/)

    const bob = await person(PHONE)
    bob.context().on('request', request => seen.push(request.url() + (request.postData() ?? '')))
    await bob.goto(link)
    await bob.getByRole('heading', { name: 'You are asked for: Photos of the party' }).waitFor()
    await send(bob, link, { name: '<b>Bob</b>\u202e', files: [one(), two()] })
    await row(asker, 'Bob').locator('[data-progress="1"]').waitFor()
    // The light of every publisher.
    await bob
      .getByText(/you may close this tab/i)
      .first()
      .waitFor()

    const zoe = await person()
    await send(zoe, link, { name: '', folder: album() })
    await row(asker, 'From somebody').locator('[data-progress="1"]').waitFor()
    await row(asker, 'Zoë’s album').waitFor()
    await row(asker, '<b>Bob</b>').waitFor()
    expect(await asker.content()).not.toContain('\u202e')
    await asker.setViewportSize(PHONE.viewport)
    expect(await asker.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await expectAccessible(asker)

    const photos = await saveZip(asker, 'Bob', 'photos')
    expect(sha256Tree(join(photos, 'files'))).toEqual({
      'one.jpg': sha256File(one()),
      'two.jpg': sha256File(two()),
    })
    expect(sha256Tree(join(await saveZip(asker, 'Zoë', 'album'), 'Zoë’s album'))).toEqual(sha256Tree(album()))

    // The key, names and titles are in no request.
    const traffic = seen.join('\n')
    expect(traffic).toContain('/api/inboxes')
    expect(traffic).not.toContain(link.slice(link.indexOf('#') + 1))
    expect(traffic).not.toMatch(/Photos of the party|Bob|one\.jpg/)

    await bob.close()
    await zoe.close()
    await asker.reload()
    await row(asker, 'Bob').locator('[data-progress="1"]').waitFor()
    await row(asker, 'Zoë').locator('[data-progress="1"]').waitFor()
    expect(sha256Tree(join(await saveZip(asker, 'Zoë', 'again'), 'Zoë’s album'))).toEqual(sha256Tree(album()))

    await asker.getByRole('button', { name: /^Stop asking/ }).click()
    await asker.getByRole('alertdialog').getByRole('button', { name: 'Stop asking' }).click()
    await asker.locator('[data-inbox][data-state=ended]').waitFor()
    await row(asker, 'Bob').waitFor()
    const late = await person()
    const answer = await late.goto(link)
    expect(answer?.status()).toBe(410)
    await late.getByRole('heading', { name: 'This link takes no more files' }).waitFor()
    expect(await late.locator('input[type=file]').count()).toBe(0)
    expect(await late.getByRole('button', { name: /^Send/ }).count()).toBe(0)
    expect(complaints).toEqual([])
  })

  it('tells the sender to whom it went, whether they were told, and when it has arrived, over a reload', async () => {
    const asker = await person()
    const link = await ask(asker, 'Photos <of> Ana')
    // Nobody looks on, and nothing is fetched.
    await asker.goto('about:blank')
    const sender = await person()
    await send(sender, link, { name: 'Ben', files: [one()] })
    const sent = sender.locator('[data-sent]')
    await sent.getByRole('heading', { name: 'Sent to “Photos <of> Ana”' }).waitFor()
    await sent.getByText(/^Sent, \d\d:\d\d$/).waitFor()
    await sent.getByText('Their page has not been told yet').waitFor()
    // The server's copy is no arrival.
    await sender.locator('[data-share][data-kept=yes]').waitFor()
    await sent.locator('[data-light=green]').getByText('They get it from there').waitFor()
    expect(await sent.getAttribute('data-sent')).toBe('sent')
    const [infoHash] = /[0-9a-f]{40}/.exec(sender.url()) ?? []
    const presence = await (await fetch(`${server.url}/api/shares/${infoHash}/presence`)).json()
    expect(presenceSchema.parse(presence)).toMatchObject({ copy: 'here', downloads: 0 })
    // Nobody needs the share's own link: it is folded away.
    expect(await sender.getByRole('textbox', { name: 'Link to this share' }).isVisible()).toBe(false)
    await takePicture(sender, 'sent-not-told')
    // Even where the browser needs the files again.
    await sender.reload()
    await sent.locator('[data-light=green]').getByText('They get it from there').waitFor()
    expect(await sent.getAttribute('data-sent')).toBe('sent')

    await asker.goto(`${server.url}/receive`)
    await row(asker, 'Ben').locator('[data-progress="1"]').waitFor()
    await sender.locator('[data-sent=arrived]').waitFor()
    await sent.getByText('Their page has been told').waitFor()
    await sent.getByText(/^Arrived, \d\d:\d\d$/).waitFor()
    await sent.locator('[data-light=green]').getByText('You may close this tab').first().waitFor()
    await expectAccessible(sender)
    await takePicture(sender, 'sent-arrived')
    await sender.setViewportSize(PHONE.viewport)
    expect(await sender.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)

    await sender.reload()
    await sender
      .locator('[data-sent=arrived]')
      .getByText(/^Arrived, \d\d:\d\d$/)
      .waitFor()
    await sender.getByRole('link', { name: 'Send more files' }).click()
    await sender.getByRole('heading', { name: 'You are asked for: Photos <of> Ana' }).waitFor()
    await sender.locator('[data-send=ready]').waitFor()
    await sender.locator('input[type=file]').first().setInputFiles([two()])
    await sender.getByRole('button', { name: /^Send/ }).click()
    await row(asker, 'two.jpg').locator('[data-progress="1"]').waitFor()
    await sender.locator('[data-sent=arrived]').waitFor()
  })

  it('says what has arrived in the title, and on whichever page is open', async () => {
    const asker = await person()
    const link = await ask(asker)
    const ann = await person()
    await send(ann, link, { name: 'Ann', files: [one()] })
    await row(asker, 'Ann').locator('[data-progress="1"]').waitFor()
    await expect.poll(() => asker.title(), LIMIT).toBe('✓ 1 delivery arrived')

    await asker.getByRole('link', { name: 'Library' }).click()
    await asker.getByRole('heading', { name: 'Library', level: 1 }).waitFor()
    await expect.poll(() => asker.title(), LIMIT).not.toContain('✓')
    await send(ann, link, { name: 'Ann', files: [two()] })
    await asker.getByText('Arrived: two.jpg').waitFor()
    await expect.poll(() => asker.title(), LIMIT).toBe('✓ 1 delivery arrived')
    await asker.getByRole('button', { name: 'Show' }).click()
    await asker.waitForURL('**/receive')
    await row(asker, 'two.jpg').waitFor()
    // What was said on the other page is not said again.
    await expect.poll(() => asker.title(), LIMIT).toBe('Ask for files · Tabseed')
  })

  it('keeps what is sent while nobody waits, and a copy of it on this server', { tags: 'long' }, async () => {
    const profile = newProfile()
    const asker = await profile.open(`${server.url}/receive`)
    await asker.getByRole('button', { name: 'Make a link' }).click()
    const link = await asker.getByLabel('Link to send you files with').inputValue()
    await profile.kill()

    const sender = await person()
    await send(sender, link, { name: 'Ann', files: [one()] })
    await sender.locator('[data-share][data-kept=yes]').waitFor()
    await sender.context().close()

    const again = await profile.open(`${server.url}/receive`)
    await row(again, 'Ann').locator('[data-progress="1"]').waitFor()
    const [download] = await Promise.all([
      again.waitForEvent('download'),
      row(again, 'Ann')
        .getByRole('button', { name: /^Save one\.jpg/ })
        .click(),
    ])
    const path = join(folder.path, 'kept.jpg')
    await download.saveAs(path)
    expect(sha256File(path)).toBe(sha256File(one()))
  })

  it('fetches nothing by itself on a connection that saves data, and passes over what it cannot read', {
    tags: 'long',
  }, async () => {
    const asker = await person(PHONE)
    await asker.addInitScript(() => {
      Object.defineProperty(navigator, 'connection', { value: { saveData: true } })
    })
    const link = await ask(asker)
    const id = /\/r\/([\w-]+)/.exec(link)?.[1]
    const rubbish = await fetch(`${server.url}/api/inboxes/${id}/deliveries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sealed: 'AAAA' }),
    })
    expect(rubbish.status).toBe(201)
    const sender = await person()
    await send(sender, link, { name: 'Cy', files: [join(folder.path, 'huge.bin')] })
    await asker.locator('[data-unreadable="1"]').waitFor()
    await row(asker, 'Cy').and(asker.locator('[data-state=asks]')).waitFor()
    await row(asker, 'Cy')
      .getByRole('button', { name: /^Accept/ })
      .click()
    await row(asker, 'Cy').locator('[data-progress="1"]').waitFor()
  })

  it('says what is wrong with a link that is cut, or that there is none', async () => {
    const link = await ask(await person())
    const sender = await person()
    await sender.goto(link.slice(0, -3))
    await sender.locator('[data-error=key_wrong]').waitFor()
    await sender.goto(link.slice(0, link.indexOf('#')))
    await sender.locator('[data-error=key_missing]').waitFor()
    expect(await sender.getByRole('button', { name: 'Choose files' }).count()).toBe(0)
    const answer = await sender.goto(`${server.url}/r/${'A'.repeat(22)}#x`)
    expect(answer?.status()).toBe(404)
  })
})
