import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { publish, waitForState } from '../../support/browser/pages.ts'
import { takePicture } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { writeTree } from '../../support/content/fixtures.ts'

const { folder, person, server } = setStage()

it('has "Publish" and "Send" in view in a low window, however many files are chosen', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `low-${index}.txt`)
  writeTree(folder.path, Object.fromEntries(names.map(name => [name, name])))
  const files = names.map(name => join(folder.path, name))
  const page = await person({ viewport: { width: 1280, height: 650 } })
  await page.goto(server.url)
  await page.locator('input[type=file]').first().setInputFiles(files)
  const inView = async (name: RegExp) => {
    const button = page.getByRole('button', { name })
    await button.waitFor()
    const { bottom } = await button.evaluate(node => node.getBoundingClientRect())
    expect(bottom, String(name)).toBeLessThanOrEqual(650)
  }
  await inView(/^Publish/)
  // As it will be called.
  await page.getByRole('heading', { level: 1, name: 'low-0.txt and 39 more' }).waitFor()

  await page.goto(`${server.url}/receive`)
  await page.getByRole('button', { name: 'Make a link' }).click()
  await page.goto(await page.getByRole('textbox', { name: 'Link to send you files with' }).inputValue())
  await page.locator('input[type=file]').first().setInputFiles(files)
  await inView(/^Send/)
  await page.getByRole('heading', { level: 2, name: 'low-0.txt and 39 more' }).waitFor()
  // The server keeps a copy, which the sender did not ask for.
  await page.getByText('This server carries them, and cannot read them.').waitFor()
})

it('folds away most of what is chosen, so that "Who is this for?" is in reach, and shows the rest on a key', async () => {
  const names = Array.from({ length: 51 }, (_, index) => `folder-${10 + index}/file-${index}.txt`)
  writeTree(join(folder.path, 'many'), Object.fromEntries(names.map(name => [name, name])))
  const page = await person({ viewport: { width: 390, height: 844 } })
  await page.goto(server.url)
  await page.locator('input[webkitdirectory]').first().setInputFiles(join(folder.path, 'many'))
  const rows = page.getByRole('list', { name: 'Files of this share' }).getByRole('listitem')
  const more = page.getByRole('button', { name: 'and 46 more' })
  await more.waitFor()
  expect(await rows.count()).toBe(5)
  const question = page.getByRole('radiogroup', { name: 'Who is this for?' })
  expect((await question.boundingBox())?.y).toBeLessThan(844)
  await takePicture(page, 'chosen-folded')
  await more.focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => rows.count()).toBe(51)
  await page.getByRole('button', { name: 'folder-15' }).and(page.locator(':focus')).waitFor()

  // What a search finds is all shown.
  await page.reload()
  await page.locator('input[webkitdirectory]').first().setInputFiles(join(folder.path, 'many'))
  await more.waitFor()
  await page.getByRole('searchbox').fill('file-1')
  await page.locator('[data-found="11"]').waitFor()
  await expect.poll(() => rows.count()).toBeGreaterThan(11)
  expect(await page.getByRole('button', { name: /^and \d+ more$/ }).count()).toBe(0)
})

it('keeps long labels within a phone, in every language', async () => {
  writeFileSync(join(folder.path, 'wide.txt'), 'wide')
  for (const locale of ['fr', 'es', 'de']) {
    const page = await person({ viewport: { width: 320, height: 700 }, locale })
    await page.goto(server.url)
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles([join(folder.path, 'wide.txt')])
    await page.locator('form button[type=submit]').click()
    await waitForState(page, 'seeding')
    await page.reload()
    await page.locator('[data-restore=needs-files]').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth), locale).toBeLessThanOrEqual(320)
  }
})

it('says of a link to localhost that it works on this device only, and a closed dialog gives the focus back', async () => {
  const path = join(folder.path, 'here.txt')
  writeFileSync(path, 'only here')
  const page = await person()
  await publish(page, server.url, { files: [path] })
  await page.locator('[data-link-reach=device]').getByText('This link works on this device only').waitFor()

  for (const name of ['QR code', 'Stop sharing']) {
    const opener = page.getByRole('button', { name })
    await opener.click()
    const dialog = page.locator('[role=dialog], [role=alertdialog]')
    await dialog.waitFor()
    // A phone's camera would lead nowhere.
    expect(await dialog.getByText("Point a phone's camera").count()).toBe(0)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await opener.and(page.locator(':focus')).waitFor()
  }
})
