import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { expectAccessible } from '../../support/browser/axe.ts'
import { PHONE, waitForScripts } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { writeTree } from '../../support/content/fixtures.ts'
import { makeSound } from '../../support/content/sound.ts'
import { makeVideo } from '../../support/content/video.ts'

const { folder, person, publisher } = setStage()

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)
/** "你好，世界。这是一个测试。" in GBK. */
const GBK = Buffer.from('c4e3bac3a3accac0bde7a1a3d5e2cac7d2bbb8f6b2e2cad4a1a3', 'hex')

let link = ''
beforeAll(async () => {
  const source = join(folder.path, 'mixed')
  writeTree(source, {
    '1 picture.png': PIXEL,
    '2 utf16.txt': Buffer.from('\ufeffZażółć gęślą jaźń', 'utf16le'),
    '3 gbk.txt': GBK,
    '4 western.txt': Buffer.from('Käse, Brötchen und süße Grüße', 'latin1'),
    '5 film.mp4': makeVideo(5),
    '5 film.de.srt': Buffer.from('1\r\n00:00:00,000 --> 00:00:04,000\r\nSchöne Grüße\r\n', 'latin1'),
    '6 sound.wav': makeSound(1),
    '7 song.wav': makeSound(2),
    '8 other.bin': 'nothing to show',
  })
  ;({ link } = await publisher().publish(source))
})

const playing = (page: Page, kind: string, state = 'ready'): Locator =>
  page.locator(`[data-player=${kind}][data-player-state=${state}]`)

it('goes through pictures, texts, video and sound with the keyboard, keeps the focus and gives it back', async () => {
  const page = await person()
  await page.goto(link)
  const opener = page.getByRole('button', { name: 'Show 1 picture.png' })
  await waitForScripts(opener)
  await opener.focus()
  await page.keyboard.press('Enter')
  await playing(page, 'image').waitFor()
  await page.getByRole('dialog', { name: '1 picture.png' }).waitFor()
  await expectAccessible(page, 'all')
  for (const [name, text] of [
    ['2 utf16.txt', 'Zażółć gęślą jaźń'],
    ['3 gbk.txt', '你好，世界。这是一个测试。'],
    ['4 western.txt', 'Käse, Brötchen und süße Grüße'],
  ] as const) {
    await page.keyboard.press('ArrowRight')
    await page.getByRole('dialog', { name }).getByText(text, { exact: true }).waitFor()
  }
  await page.keyboard.press('ArrowRight')
  // Subtitles are texts as well.
  await page.getByRole('dialog', { name: '5 film.de.srt' }).waitFor()
  await page.keyboard.press('ArrowRight')
  await playing(page, 'video').waitFor()
  const cue = await page.waitForFunction(() => {
    const track = document.querySelector('video')?.textTracks[0]
    if (!track) return
    track.mode = 'showing'
    const cue = track.cues?.[0] as VTTCue | undefined
    return cue && `${track.language} ${track.label}: ${cue.text}`
  })
  expect(await cue.jsonValue()).toBe('de German: Schöne Grüße')
  // A video has its own keys.
  await page.locator('video').focus()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('button', { name: 'Next file' }).click()
  // An album plays on by itself; the last one stays.
  await playing(page, 'audio').waitFor()
  await page.getByRole('dialog', { name: '7 song.wav' }).waitFor()
  await page.getByRole('button', { name: 'Next file' }).focus()
  await page.keyboard.press('ArrowRight')
  await page.getByRole('dialog', { name: '1 picture.png' }).waitFor()
  await page.keyboard.press('ArrowLeft')
  await page.getByRole('dialog', { name: '7 song.wav' }).waitFor()
  for (let tabs = 0; tabs < 8; tabs++) {
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.closest('[data-player]') !== null)).toBe(true)
  }
  await page.getByRole('button', { name: 'Next file' }).focus()
  await page.keyboard.press('Escape')
  await page.locator('[data-player]').waitFor({ state: 'detached' })
  await opener.and(page.locator(':focus')).waitFor()
})

it('is swiped on a phone, and gets the file that is in view', async () => {
  const page = await person({ ...PHONE, colorScheme: 'dark' })
  await page.goto(link)
  const opener = page.getByRole('button', { name: 'Show 2 utf16.txt' })
  await waitForScripts(opener)
  await opener.tap()
  await playing(page, 'text').waitFor()
  const touch = await page.context().newCDPSession(page)
  const swipe = async (from: number, to: number) => {
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: from, y: 300 }] })
    await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x: to, y: 305 }] })
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
  }
  await swipe(300, 80)
  await page.getByRole('dialog', { name: '3 gbk.txt' }).waitFor()
  await swipe(80, 300)
  await page.getByRole('dialog', { name: '2 utf16.txt' }).waitFor()
  await swipe(80, 300)
  await page.getByRole('dialog', { name: '1 picture.png' }).waitFor()
  await expectAccessible(page, 'all')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Get 1 picture.png' }).tap(),
  ])
  expect(download.suggestedFilename()).toBe('1 picture.png')
})
