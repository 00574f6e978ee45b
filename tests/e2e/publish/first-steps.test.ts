import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { publish } from '../../support/browser/pages.ts'
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

  await page.goto(`${server.url}/receive`)
  await page.getByRole('button', { name: 'Make a link' }).click()
  await page.goto(await page.getByRole('textbox', { name: 'Link to send you files with' }).inputValue())
  await page.locator('input[type=file]').first().setInputFiles(files)
  await inView(/^Send/)
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
