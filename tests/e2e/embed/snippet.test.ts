import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, it } from 'vitest'
import { publish, waitForState } from '../../support/browser/pages.ts'
import { takePicture } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { startHost } from '../../support/widget/host-page.ts'

const { folder, person, server } = setStage()

it('the page of a share makes the snippet, shows how it will look, and what it makes works', async () => {
  writeTree(folder.path, { 'shown.bin': noise(100_000, 81) })
  const page = await person()
  const link = await publish(page, server.url, { files: [join(folder.path, 'shown.bin')] })
  await page.getByText('Put it on a website').click()
  // As what is pasted will say.
  const shown = page.frameLocator('iframe[title=Preview]').getByRole('button', { name: 'Download shown.bin' })
  await shown.waitFor()
  await page.getByLabel('Layout').selectOption('button')
  await page.locator('main').getByLabel('Language').selectOption('de')
  await page.getByLabel('Text on the button').fill('Get "it" & <go>')
  const preview = page.frameLocator('iframe[title=Preview]')
  await preview.getByRole('button', { name: 'Get "it" & <go>' }).waitFor()
  expect((await new AxeBuilder({ page }).exclude('iframe').analyze()).violations).toEqual([])

  const html = await page.getByLabel('For a page that allows scripts').inputValue()
  const host = await person()
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html))
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  await host.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
  await host.getByRole('button', { name: 'Get "it" & <go>' }).waitFor()
  expect(await host.locator('tabseed-download').getAttribute('share')).toBe(link.slice(-40))
  site.close()
})

it('of an encrypted share, preview and frame show its name, which no request has', async () => {
  writeTree(folder.path, { 'plans of mine.bin': noise(100_000, 82) })
  const page = await person()
  const requests: string[] = []
  page.context().on('request', request => requests.push(request.url() + (request.postData() ?? '')))
  await page.goto(server.url)
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles([join(folder.path, 'plans of mine.bin')])
  await page.getByRole('radio', { name: 'People I give the link to' }).check()
  await page.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(page, 'seeding')
  await page.getByText('Put it on a website').click()
  const preview = page.frameLocator('iframe[title=Preview]')
  await preview.getByRole('button', { name: 'Download plans of mine.bin' }).waitFor()
  await preview.getByText('plans of mine.bin', { exact: true }).waitFor()
  // Of the file, not of what there is to download.
  await preview.getByText('100 kB', { exact: true }).waitFor()
  expect(await preview.getByText('An encrypted share').count()).toBe(0)
  await takePicture(page, 'encrypted-preview')

  // What is pasted says it to its readers, and to them alone.
  const html = await page.getByLabel('For a page that allows only frames').inputValue()
  const host = await person()
  host.context().on('request', request => requests.push(request.url() + (request.postData() ?? '')))
  const site = await startHost()
  await host.goto(site.put('/', { body: html }))
  const frame = host.frameLocator('iframe')
  await frame.getByText('plans of mine.bin', { exact: true }).waitFor()
  await frame.getByText('100 kB', { exact: true }).waitFor()
  await frame.getByRole('button', { name: /Download/ }).click()
  const saving = await host.evaluateHandle(() => {
    const parts: (number | null)[] = []
    addEventListener('message', ({ data }) => data.tabseed === 'status' && parts.push(data.status.saving))
    return parts
  })
  const download = host.waitForEvent('download')
  await frame.getByRole('button', { name: /Save/ }).click()
  await (await download).saveAs(join(folder.path, 'saved.bin'))
  expect(sha256File(join(folder.path, 'saved.bin'))).toBe(sha256File(join(folder.path, 'plans of mine.bin')))
  await expect.poll(() => saving.evaluate(parts => parts.at(-1))).toBe(null)
  expect(await saving.evaluate(parts => parts.some(part => part !== null && part > 0))).toBe(true)
  await frame.getByText('100 kB', { exact: true }).waitFor()
  expect(requests.join('\n')).toContain('/embed/')
  expect(requests.join('\n')).not.toMatch(/plans.of.mine/i)
  site.close()
})
