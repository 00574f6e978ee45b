import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import {
  closePerson,
  openPanel,
  PHONE,
  publish,
  shareOf,
  startDownload,
  waitForState,
} from '../../support/browser/pages.ts'
import { takePicture } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const { folder, person, publisher, server } = setStage({ browser: 'whole' })

const SOON = { timeout: 20_000 }

/** Counts the notes that a page plays from now on. */
const listen = (page: Page) =>
  page.addInitScript(() => {
    const { start } = OscillatorNode.prototype
    OscillatorNode.prototype.start = function (when) {
      document.documentElement.dataset['notes'] = String(
        Number(document.documentElement.dataset['notes'] ?? 0) + 1,
      )
      start.call(this, when)
    }
  })

it('learns that it arrived: in the list, the light, the title, a notification and, if wanted, a sound; the count outlives a reload', async () => {
  // Of its own in each try: the title stays with the files.
  writeTree(folder.path, { 'a1.txt': `a letter ${randomUUID()}`, 'a2.bin': noise(3_000_000, 61) })
  const files = ['a1.txt', 'a2.bin'].map(name => join(folder.path, name))
  const sender = await person({ permissions: ['notifications'] })
  await listen(sender)
  const link = await publish(sender, server.url, { files })
  await sender.getByRole('heading', { level: 1, name: 'a1.txt and 1 more' }).waitFor()
  await sender.locator('[data-light=red]').waitFor()
  // Nobody has come: nothing is asked.
  expect(await sender.locator('[data-alerts]').count()).toBe(0)

  await sender.getByRole('button', { name: 'Change the title' }).click()
  await sender.getByRole('textbox', { name: 'Title' }).fill('For Ana')
  await sender.keyboard.press('Enter')
  await sender.getByRole('heading', { level: 1, name: 'For Ana' }).waitFor()

  const reader = await person()
  await reader.goto(link)
  await reader.locator('[data-share][data-presence=online]').waitFor()
  await reader.getByText('Online now').waitFor()
  await reader.getByRole('heading', { level: 1, name: 'For Ana' }).waitFor()
  // Slow enough to be seen.
  await sender.getByText('Speed limits').click()
  const limit = sender.getByRole('spinbutton', { name: 'Upload limit', exact: true })
  await limit.fill('0.05')
  await startDownload(reader, link)
  await sender.locator('[data-alerts=granted]').waitFor(SOON)
  await sender.waitForFunction(() => /^\d+\s% · 1 reader · For Ana/.test(document.title), null, SOON)
  const sound = sender.getByRole('switch', { name: 'Play a sound' })
  expect(await sound.getAttribute('aria-checked')).toBe('false')
  await sound.click()
  await sender.getByRole('switch', { name: 'Notify me when it has arrived' }).click()
  await limit.fill('')
  await waitForState(reader, 'done')

  await sender.locator('tr[data-done=true][data-left=false]').waitFor(SOON)
  await sender.getByText(/^Downloaded once, \d\d:\d\d$/).waitFor(SOON)
  await sender.waitForFunction(() => document.title.startsWith('✓ 1 download'), null, SOON)
  await sender.waitForFunction(() => document.documentElement.dataset['notes'] === '2', null, SOON)
  const titles = () =>
    sender.evaluate(async () =>
      (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title }) => title),
    )
  await expect.poll(titles, SOON).toEqual(['Downloaded: For Ana'])
  await sender.locator('[data-share][data-downloads="1"]').waitFor(SOON)

  await closePerson(reader)
  await sender.locator('tr[data-done=true][data-left=true]').waitFor(SOON)
  await sender.locator('[data-light=green]', { hasText: 'Delivered' }).waitFor(SOON)

  // What was chosen is for every share; the count is the tracker's.
  await sender.reload()
  await sender.locator('[data-share][data-downloads="1"]').waitFor()
  expect(await sender.evaluate(() => localStorage.getItem('tabseed-alerts'))).toBe(
    '{"notification":true,"sound":true}',
  )
})

it('passes the link on: by the share sheet on phones, and as a code to scan across a table', async () => {
  writeTree(folder.path, { 'photo.png': noise(60_000, 62) })
  const { link } = await publisher().publish(join(folder.path, 'photo.png'))
  const phone = await person(PHONE)
  await phone.addInitScript(() => {
    const sheet = { share: [] as ShareData[] }
    Object.assign(window, { sheet })
    navigator.canShare = () => true
    navigator.share = async data => void sheet.share.push(data ?? {})
  })
  await startDownload(phone, link)
  await waitForState(phone, 'done')
  await phone.locator('[data-saved=file]').waitFor(SOON)
  await phone.getByRole('button', { name: 'Send the file on' }).click()
  await phone.getByRole('button', { name: 'Send the link' }).click()
  const sent = await phone.evaluate(() => {
    const { sheet } = window as unknown as { readonly sheet: { readonly share: readonly ShareData[] } }
    return sheet.share.map(({ files, title, url }) => ({
      title,
      url,
      files: files?.map(({ name, type, size }) => [name, type, size]),
    }))
  })
  expect(sent).toEqual([{ files: [['photo.png', 'image/png', 60_000]] }, { title: 'photo.png', url: link }])

  await phone.getByRole('button', { name: 'QR code' }).click()
  const code = phone.getByRole('img', { name: 'QR code of the link' })
  const before = (await code.boundingBox())?.width ?? 0
  await phone.getByRole('button', { name: 'Make it larger' }).click()
  await phone.getByRole('button', { name: 'Make it smaller' }).waitFor()
  const after = await code.boundingBox()
  expect(after?.width).toBeGreaterThan(before)
  expect(after?.width).toBeGreaterThan(300)
  expect((after?.y ?? 0) + (after?.height ?? 1e9)).toBeLessThanOrEqual(844)
})

it('selects what the browser does not copy, and says so', async () => {
  const { link } = await publisher().publish(join(folder.path, 'photo.png'))
  const reader = await person()
  await reader.addInitScript(() => {
    // As over plain http in a browser that allows no copying at all.
    Object.defineProperty(navigator, 'clipboard', { value: undefined })
    document.execCommand = () => false
  })
  await reader.goto(link)
  await openPanel(reader, 'More ways to get it')
  await reader.getByRole('button', { name: /Copy (the )?magnet link/ }).click()
  await reader.getByText('The text is selected').waitFor()
  expect(
    await reader.evaluate(() => {
      const field = document.activeElement as HTMLInputElement
      return field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0)
    }),
  ).toMatch(/^magnet:/)
  expect(await shareOf(reader).getAttribute('data-share')).toBeTruthy()
})

it('has what was downloaded answered: the reader sends something back, and goes on helping', async () => {
  writeTree(folder.path, { 'there.bin': noise(50_000, 63), 'back.bin': noise(40_000, 64) })
  const { link } = await publisher().publish(join(folder.path, 'there.bin'))
  const reader = await person()
  const back = reader.getByRole('link', { name: 'Send something back' })
  await reader.goto(link)
  await reader.getByRole('button', { name: /^Download/ }).waitFor()
  expect(await back.count()).toBe(0)
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  await reader.getByText('give their link to whoever sent you these').waitFor()
  await takePicture(reader, 'send-back')
  await back.click()
  await reader.getByRole('heading', { level: 1, name: 'Share files from this tab' }).waitFor()
  await reader
    .locator('input[type=file]')
    .first()
    .setInputFiles([join(folder.path, 'back.bin')])
  await reader.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(reader, 'seeding')
  const answer = await reader.getByLabel('Link to this share').inputValue()
  const sender = await person()
  await startDownload(sender, answer)
  await waitForState(sender, 'done')
  await reader.getByText('2 shares in this browser').first().waitFor()
})
