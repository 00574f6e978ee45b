import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { createdTokenSchema, publishTokensSchema } from '../../../lib/protocol/publishing.ts'
import { publish, startDownload, waitForScripts, waitForState } from '../../support/browser/pages.ts'
import { takePicture } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const KEY = 'operator-key-0123456789'
const { folder, person, server } = setStage({
  serverArgs: ['--publish', 'token', '--operator-key', KEY],
})

const admin = (method: string, path = '', body?: object) =>
  fetch(`${server.url}/api/admin/tokens${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })

/** Chooses a file on the page of a link, without sending it. */
async function choose(page: Page, link: string, file: string): Promise<void> {
  await page.goto(link)
  await page.locator('[data-send=ready]').waitFor()
  await page.locator('input[type=file]').first().setInputFiles(file)
  await page.getByRole('button', { name: /^Send/ }).waitFor()
}

it('who asks has a token, who sends needs none; once it is revoked, the sender is told that it is not their fault', async () => {
  writeTree(folder.path, { 'sent.bin': noise(300_000, 31), 'late.bin': noise(1_000, 32) })
  const made = await admin('POST', '', { name: 'Ada', shares: 5 })
  const { secret, token } = createdTokenSchema.parse(await made.json())
  const asker = await person()
  await asker.goto(server.url)
  const field = asker.getByLabel('Invitation')
  await waitForScripts(field)
  await field.fill(secret ?? '')
  await asker.getByRole('button', { name: 'Use this invitation' }).click()
  await asker.locator('[data-publisher=Ada]').waitFor()
  await asker.goto(`${server.url}/receive`)
  // Theirs have a quota.
  await asker.locator('[data-quota=true]').getByText('counts towards what you may publish').waitFor()
  await takePicture(asker, 'ask-quota')
  await asker.getByRole('button', { name: 'Make a link' }).click()
  const link = await asker.getByLabel('Link to send you files with').inputValue()

  const sender = await person()
  await choose(sender, link, join(folder.path, 'sent.bin'))
  expect(await sender.locator('[data-state=needs-invitation]').count()).toBe(0)
  await sender.getByLabel('Your name').fill('Bob')
  await sender.getByRole('button', { name: /^Send/ }).click()
  await waitForState(sender, 'seeding')
  const row = asker.locator('[data-delivery]', { hasText: 'Bob' })
  await row.locator('[data-progress="1"]').waitFor()
  const [download] = await Promise.all([
    asker.waitForEvent('download'),
    row.getByRole('button', { name: /^Save sent\.bin/ }).click(),
  ])
  const saved = join(folder.path, 'saved.bin')
  await download.saveAs(saved)
  expect(sha256File(saved)).toBe(sha256File(join(folder.path, 'sent.bin')))
  const { tokens } = publishTokensSchema.parse(await (await admin('GET')).json())
  expect(tokens).toMatchObject([{ name: 'Ada', shares: 1 }])

  // Somebody has chosen files already, and somebody opens the link only then.
  const late = await person()
  await choose(late, link, join(folder.path, 'late.bin'))
  expect((await admin('DELETE', `/${token.id}`)).status).toBe(204)
  await late.getByRole('button', { name: /^Send/ }).click()
  await late.locator('[data-error=inbox_refused]').getByText('It is nothing you did').waitFor()
  const later = await person({ locale: 'de-DE' })
  await later.goto(link)
  await later.locator('[data-error=inbox_refused]').getByText('Das liegt nicht an dir').waitFor()
  expect(await later.getByRole('button', { name: 'Dateien wählen' }).count()).toBe(0)
})

it('a reader who may not publish is not asked to send something back', async () => {
  const made = await admin('POST', '', { name: 'Ida' })
  const { secret } = createdTokenSchema.parse(await made.json())
  writeTree(folder.path, { 'given.bin': noise(1_000, 33) })
  const publisher = await person()
  await publisher.goto(`${server.url}/#invite=${secret}`)
  await publisher.locator('[data-publisher=Ida]').waitFor()
  const link = await publish(publisher, server.url, { files: [join(folder.path, 'given.bin')] })
  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  await reader.getByLabel('Link to this share').waitFor()
  expect(await reader.getByText('Send something back').count()).toBe(0)
})

it('nothing is said of a quota to who asks without one', async () => {
  const made = await admin('POST', '', { name: 'Eve' })
  const { secret } = createdTokenSchema.parse(await made.json())
  const asker = await person()
  await asker.goto(`${server.url}/#invite=${secret}`)
  await asker.locator('[data-publisher=Eve]').waitFor()
  await asker.goto(`${server.url}/receive`)
  await asker.locator('[data-quota=false]').waitFor()
  expect(await asker.getByText('counts towards').count()).toBe(0)
})
