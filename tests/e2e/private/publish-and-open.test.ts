import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { damaged, onRepairPage, pieces } from '../../support/browser/heal.ts'
import {
  PHONE,
  publish,
  save,
  shareOf,
  startDownload,
  storedShares,
  waitForState,
} from '../../support/browser/pages.ts'
import { chooseAgain, restorePanel } from '../../support/browser/restore.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, sha256Tree, writeTree } from '../../support/content/fixtures.ts'
import { makeVideo } from '../../support/content/video.ts'
import { sized } from '../../support/long.ts'

const stage = setStage({ serverArgs: ['--audience', 'link'] })
const { folder, newProfile, person, resident, server } = stage
const { repairAsNew, writeCopy } = onRepairPage(stage)

/** Names that are hard for file systems, archives and headers. */
const ODD = {
  'a b/Grüße #1 & 100%.txt': 'Grüße',
  'a b/日本語/\u{1F331} leaf.bin': noise(1_500_000, 2),
  'a b/empty': '',
  'quote\'s "x".txt': 'q',
  '-rf.txt': 'dash',
  'long.bin': noise(sized({ gate: 3_000_000, long: 100_000_000 }), 3),
  ...sized({ gate: {}, long: manyOdd() }),
}

/** 34 more. */
function manyOdd(): Record<string, Uint8Array> {
  const signs = [
    'é',
    'e\u0301',
    'ß',
    'Ω',
    'مرحبا',
    'שלום',
    '中文',
    '👩‍👩‍👧',
    '%2e',
    "it's",
    '~',
    '+',
    '=',
    ';',
    ',',
    '!',
    '[x]',
  ]
  return Object.fromEntries(
    signs.flatMap((sign, at) => [
      [`signs/${at} ${sign}.txt`, noise(at, 30 + at)],
      [`${sign}/${at}/.hidden`, noise(70_000, 60 + at)],
    ]),
  )
}

const keyOf = (link: string): string => link.slice(link.indexOf('#') + 1)
const withoutKey = (link: string): string => link.slice(0, link.indexOf('#'))
const problem = (page: Page, code: string) => page.locator(`[data-error=${code}]`)

/** Every request of a page, as text: address, headers and body. */
function listen(page: Page): () => Promise<string> {
  const requests: Promise<string>[] = []
  page.context().on('request', request => {
    const headers = request.allHeaders().catch(() => ({}))
    requests.push(headers.then(all => JSON.stringify([request.url(), all, request.postData()])))
  })
  return async () => (await Promise.all(requests)).join('\n')
}

describe('a folder for people who are given the link', () => {
  it('is published without a name, opened by its link only, and saved as it was', {
    tags: 'sized',
  }, async () => {
    const source = join(folder.path, 'Secret plans')
    writeTree(source, ODD)
    const publisher = await resident()
    const sent = listen(publisher)
    await publisher.goto(server.url)
    await publisher.locator('input[type=file][webkitdirectory]').first().setInputFiles(source)
    const question = publisher.getByRole('radiogroup', { name: 'Who is this for?' })
    expect(await question.getByRole('radio', { name: 'People I give the link to' }).isChecked()).toBe(true)
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    await publisher.getByRole('heading', { name: 'Secret plans' }).waitFor()
    const link = publisher.url()
    const key = keyOf(link)
    expect(key).toMatch(/^[\w-]{50}$/)
    expect(await publisher.getByLabel('Link to this share').inputValue()).toBe(link)
    expect(await shareOf(publisher).getAttribute('data-encrypted')).toBe('yes')

    const reader = await person()
    const asked = listen(reader)
    await reader.goto(withoutKey(link))
    await problem(reader, 'key_missing').waitFor()
    await reader.getByRole('heading', { name: /^An encrypted share, [\d.]+ MB$/ }).waitFor()
    expect(await reader.title()).toMatch(/^An encrypted share/)
    expect(await reader.content()).not.toMatch(/Secret plans|long\.bin/)
    const field = reader.getByLabel('The whole link')
    const open = reader.getByRole('button', { name: 'Open', exact: true })
    await field.fill(link.slice(0, -3))
    await open.click()
    await problem(reader, 'key_wrong').waitFor()
    await field.fill(link)
    await open.click()
    await reader.getByRole('heading', { name: 'Secret plans' }).waitFor()
    await reader.getByText('long.bin').first().waitFor()
    expect(reader.url()).toBe(link)

    await reader.getByRole('button', { name: /^Download/ }).click()
    await waitForState(reader, 'done')
    const zip = await save(reader, /^Save as zip/, folder.path)
    const out = join(folder.path, 'unpacked')
    execFileSync('unzip', ['-q', zip, '-d', out])
    expect(sha256Tree(join(out, 'Secret plans'))).toEqual(sha256Tree(source))

    // Another page of the same tab, as the address of what referred to it.
    await reader
      .getByRole('link', { name: /Library/ })
      .first()
      .click()
    await reader.waitForURL(/\/library/)
    await reader.getByText('Secret plans').first().waitFor()
    for (const traffic of [await sent(), await asked()]) {
      expect(traffic).toContain('/d/')
      expect(traffic).not.toContain(key)
      expect(traffic).not.toMatch(/Secret|long\.bin/)
    }
    // From there it needs no key: this browser has it.
    await reader.goto(withoutKey(link))
    await waitForState(reader, 'done')
    await reader.getByRole('heading', { name: 'Secret plans' }).waitFor()
  })

  it('shows its name to who has just published it, and nothing else before, in heading and title', async () => {
    writeTree(folder.path, { 'plans.bin': noise(200_000, 9) })
    const publisher = await person()
    await publisher.goto(server.url)
    await publisher.evaluate(() => {
      const seen = new Set<string>()
      Object.assign(window, { seen })
      const look = () => {
        seen.add(document.title)
        for (const { textContent } of document.querySelectorAll('h1')) seen.add(textContent ?? '')
        // Each time before the page is painted: what nobody sees does not count.
        requestAnimationFrame(look)
      }
      look()
    })
    await publisher
      .locator('input[type=file]')
      .first()
      .setInputFiles([join(folder.path, 'plans.bin')])
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    await publisher.getByRole('heading', { name: 'plans.bin' }).waitFor()
    await publisher.getByLabel('Link to this share').waitFor()
    await publisher.waitForFunction(() => document.title === 'plans.bin · Tabseed')
    const seen = await publisher.evaluate(() => [...(window as unknown as { seen: Set<string> }).seen])
    expect(seen).toContain('plans.bin')
    expect(seen.filter(text => /encrypted/i.test(text))).toEqual([])
  })

  it('is shared again after a reload, from the same files', { tags: 'long' }, async () => {
    writeTree(folder.path, { 'again.bin': noise(700_000, 8) })
    const path = join(folder.path, 'again.bin')
    const publisher = await person()
    const link = await publish(publisher, server.url, { files: [path] })
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, path)
    await waitForState(publisher, 'seeding')
    const reader = await person()
    await startDownload(reader, link)
    await waitForState(reader, 'done')
    const saved = await save(reader, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(path))
  })

  it("goes to a phone's share sheet as it was", { tags: 'long' }, async () => {
    writeTree(folder.path, { 'note.txt': 'what is inside' })
    const publisher = await resident()
    const link = await publish(publisher, server.url, { files: [join(folder.path, 'note.txt')] })
    const phone = await person(PHONE)
    // Chromium without a window has no share sheet; the first click is too long ago for one, as with a large file.
    await phone.addInitScript(() => {
      let calls = 0
      navigator.canShare = () => true
      navigator.share = async data => {
        if (calls++ === 0) throw new DOMException('a click is needed', 'NotAllowedError')
        Object.assign(window, { sheet: await data?.files?.[0]?.text() })
      }
    })
    await startDownload(phone, link)
    await waitForState(phone, 'done')
    await phone.getByRole('button', { name: 'Send the file on' }).click()
    await phone.getByRole('button', { name: 'Ready: send the file on' }).click()
    await phone.waitForFunction(() => 'sheet' in window)
    expect(await phone.evaluate(() => Reflect.get(window, 'sheet'))).toBe('what is inside')
  })
})

describe('a video', () => {
  it('plays, seeks, goes on after the browser was killed, and is saved as it was', {
    tags: 'long',
  }, async () => {
    writeTree(folder.path, { 'film.mp4': makeVideo(20) })
    const path = join(folder.path, 'film.mp4')
    const publisher = await resident()
    const link = await publish(publisher, server.url, { files: [path] })
    const profile = newProfile()
    const reader = await profile.open(link)
    await reader.getByRole('button', { name: 'Play', exact: true }).click()
    await reader.locator('[data-player-state=ready]').waitFor()
    await reader.locator('video').evaluate((video: HTMLVideoElement) => {
      video.currentTime = 15
    })
    await reader.waitForFunction(() => {
      const video = document.querySelector('video')
      return video !== null && video.currentTime > 15.2 && video.readyState >= 3 && !video.seeking
    })
    // What is on the disk is encrypted.
    expect(await storedShares(reader)).toHaveLength(1)
    await reader.keyboard.press('Escape')
    await reader.getByRole('button', { name: /^Download/ }).click()
    await waitForState(reader, 'done', 60_000)
    await profile.kill()
    const again = await profile.open(withoutKey(link))
    await waitForState(again, 'done')
    const saved = await save(again, /^Save film\.mp4/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(path))
  })
})

describe('a password', () => {
  it('is asked for before anything is shown, and a wrong one is said at once and by nobody else', async () => {
    writeTree(folder.path, { 'diary.txt': 'Dear diary' })
    const publisher = await resident()
    await publisher.goto(server.url)
    await publisher.locator('input[type=file]').first().setInputFiles(join(folder.path, 'diary.txt'))
    const password = publisher.getByLabel('Password')
    await password.fill('hunter2')
    await publisher.locator('[data-strength=weak]').waitFor()
    await password.fill('correct horse battery staple')
    await publisher.locator('[data-strength=strong]').waitFor()
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    await publisher.locator('[data-password=known]').waitFor()
    const link = publisher.url()
    expect(keyOf(link)).toMatch(/^[\w-]{80}$/)

    const reader = await person()
    await reader.goto(link)
    const field = reader.getByLabel('Password')
    await field.waitFor()
    expect(await reader.content()).not.toContain('diary')
    const sent = listen(reader)
    await field.fill('Correct horse battery staple')
    await reader.getByRole('button', { name: 'Open', exact: true }).click()
    await problem(reader, 'password_wrong').waitFor()
    expect((await sent()).replace(/.*\/_next\/.*\n?/g, '')).toBe('')
    await field.fill('correct horse battery staple')
    await reader.getByRole('button', { name: 'Open', exact: true }).click()
    await reader.getByRole('heading', { name: 'diary.txt' }).waitFor()
    await reader.getByRole('button', { name: /^Download/ }).click()
    await waitForState(reader, 'done')
    const saved = await save(reader, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(join(folder.path, 'diary.txt')))
  })
})

describe('a copy', () => {
  it('is checked by the link, and repaired to what was published; a frame on another page saves the same', {
    tags: 'long',
  }, async () => {
    const content = noise(3_000_000, 12)
    writeTree(folder.path, { 'original/mended.bin': content })
    const original = join(folder.path, 'original/mended.bin')
    const link = await publish(await resident(), server.url, { files: [original] })
    const copy = writeCopy('mended.bin', damaged(content, 1_000_000, [0, 2]))

    const page = await person()
    await page.goto(`${server.url}/heal`)
    await page.getByLabel('Share link').fill(link)
    await page.getByRole('button', { name: 'Use link' }).click()
    await page.getByText('mended.bin').first().waitFor()
    await page.getByLabel('Your copy').setInputFiles(copy)
    expect((await pieces(page)).bad).toBe(2)
    expect(sha256File(await repairAsNew(page))).toBe(sha256File(original))

    const visitor = await person()
    await visitor.goto(link.replace('/d/', '/embed/'))
    const widget = visitor.locator('tabseed-download')
    await widget.getByRole('button').first().click()
    await visitor.locator('tabseed-download[data-state=done]').waitFor()
    const saved = await save(visitor, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(original))
  })
})
