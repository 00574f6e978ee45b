import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { PHONE, startDownload, waitForScripts, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const { folder, person, publisher, server } = setStage({ browser: 'whole' })

const SOON = { timeout: 25_000 }

it('says before the click who is there, tells who asked when somebody is back, and saving is one clear act', {
  tags: 'long',
}, async () => {
  const path = join(folder.path, 'letter.bin')
  writeTree(folder.path, { 'letter.bin': noise(400_000, 71) })
  const share = await publisher().publish(path)
  const reader = await person({ permissions: ['notifications'] })
  await reader.goto(share.link)
  await reader.locator('[data-share][data-presence=online]').waitFor()
  await reader.getByText('Online now').waitFor()
  await share.leave()
  await reader.locator('[data-share][data-presence=away]').waitFor(SOON)
  await reader.getByText('Last seen a moment ago').waitFor()

  await reader.getByRole('button', { name: 'Tell me when it is back' }).click()
  await reader.locator('[data-told=notification]').waitFor()
  await publisher().publish(path)
  await reader.waitForFunction(() => document.title === 'Online now · letter.bin', null, SOON)
  const titles = () =>
    reader.evaluate(async () =>
      (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title }) => title),
    )
  await expect.poll(titles, SOON).toEqual(['Online now · letter.bin'])

  const [saved] = await Promise.all([
    reader.waitForEvent('download'),
    reader.getByRole('button', { name: /^Download/ }).click(),
  ])
  expect(saved.suggestedFilename()).toBe('letter.bin')
  await waitForState(reader, 'done')
  await reader.getByText('Saved to your downloads').waitFor()
  const again = reader.getByRole('button', { name: 'Save again' })
  await Promise.all([reader.waitForEvent('download'), again.click()])
  // What is complete needs neither a strip of its parts nor a pause.
  expect(await reader.getByRole('img', { name: /Parts of the files/ }).count()).toBe(0)
  expect(await reader.getByRole('button', { name: 'Pause' }).count()).toBe(0)
})

it('after the click is patient for three seconds', async () => {
  writeTree(folder.path, { 'gone.bin': noise(100_000, 72) })
  const share = await publisher().publish(join(folder.path, 'gone.bin'))
  await share.leave()
  const reader = await person(PHONE)
  await reader.goto(share.link)
  const button = reader.getByRole('button', { name: /^Download/ })
  await waitForScripts(button)
  const start = performance.now()
  await button.click()
  await reader.getByRole('heading', { name: 'Looking for someone who has it' }).waitFor()
  expect(await reader.locator('[data-stuck]').count()).toBe(0)
  await reader.locator('[data-stuck]').waitFor()
  expect(performance.now() - start).toBeGreaterThan(3_000)
  await reader.getByRole('button', { name: 'Tell me when it is back' }).click()
  // Without leave to notify, the title says it.
  await reader.locator('[data-told]').waitFor()
  await publisher().publish(join(folder.path, 'gone.bin'))
  await waitForState(reader, 'done')
})

it('a folder that is saved as a zip is said to be saved', async () => {
  const path = join(folder.path, 'album')
  writeTree(path, { 'one.txt': 'one', 'two.txt': 'two' })
  const { link } = await publisher().publish(path)
  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  expect(await reader.locator('[data-saved]').count()).toBe(0)
  const [saved] = await Promise.all([
    reader.waitForEvent('download'),
    reader.getByRole('button', { name: 'Save as zip' }).click(),
  ])
  expect(saved.suggestedFilename()).toBe('album.zip')
  await reader.locator('[data-saved=zip]').getByText('Saved to your downloads').waitFor()
  await reader.getByRole('button', { name: 'Save again' }).waitFor()
  rmSync(path, { recursive: true })
})

it('of a share that was stopped nothing can be started, and it is said to who reads', async () => {
  writeTree(folder.path, { 'stopped.bin': noise(100_000, 73) })
  const { link, metainfo, ownerKey } = await publisher().publish(join(folder.path, 'stopped.bin'))
  const reader = await person()
  await reader.goto(link)
  await reader.getByRole('button', { name: /^Download/ }).waitFor()
  const answer = await fetch(`${server.url}/api/shares/${metainfo.infoHash}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${ownerKey}` },
  })
  expect(answer.status).toBe(204)
  await reader.locator('[data-error=share_not_found]').waitFor(SOON)
  await reader.getByText('its publisher stopped sharing it').waitFor()
  expect(await reader.locator('article button').count()).toBe(0)
  await reader.reload()
  await reader.getByRole('heading', { name: 'There is nothing at this address' }).waitFor()
  expect(await reader.locator('main button').count()).toBe(0)
})
