import { join } from 'node:path'
import { expect, it } from 'vitest'
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
