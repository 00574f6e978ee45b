import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { createdTokenSchema } from '../../../lib/protocol/publishing.ts'
import { expectAccessible } from '../../support/browser/axe.ts'
import { waitForScripts, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { writeTree } from '../../support/content/fixtures.ts'

const KEY = 'operator-key-0123456789'
const stage = setStage({ serverArgs: ['--publish', 'token', '--operator-key', KEY] })

beforeAll(() => writeTree(stage.folder.path, { 'one.txt': 'one', 'two.txt': 'two', 'three.txt': 'three' }))

async function make(body: object) {
  const answer = await fetch(`${stage.server.url}/api/admin/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return createdTokenSchema.parse(await answer.json())
}

const gate = (page: Page) => page.locator('[data-state=needs-invitation]')
const publisher = (page: Page) => page.locator('[data-publisher]')

async function enter(page: Page, text: string) {
  await page.getByLabel('Invitation').fill(text)
  const button = page.getByRole('button', { name: 'Use this invitation' })
  await waitForScripts(button)
  await button.click()
}

async function publishFile(page: Page, name: string) {
  await page.locator('input[type=file]').first().setInputFiles(join(stage.folder.path, name))
  await page.getByRole('button', { name: /^Publish/ }).click()
}

it('an invitation link leaves the address at once, is kept, and publishes; a reader needs none', async () => {
  const { link } = await make({ name: 'Ada', kind: 'invitation', shares: 2 })
  const page = await stage.person()
  await page.goto(link ?? '')
  await publisher(page).waitFor()
  expect(await publisher(page).getAttribute('data-publisher')).toBe('Ada')
  expect(page.url()).toBe(`${stage.server.url}/`)
  // Opened again in the same browser, it is still the same token.
  await page.goto('about:blank')
  await page.goto(link ?? '')
  await publisher(page).waitFor()
  expect(await page.locator('[data-error]').count()).toBe(0)

  await page.reload()
  await publisher(page).waitFor()
  await publishFile(page, 'one.txt')
  await waitForState(page, 'seeding')

  const reader = await stage.person()
  await reader.goto(page.url())
  await reader
    .getByRole('button', { name: /Download/ })
    .first()
    .waitFor()

  // Somebody else is told that it was used.
  await reader.goto(link ?? '')
  await reader.locator('[data-error=invitation_used]').waitFor()
  expect(reader.url()).toBe(`${stage.server.url}/`)
  await gate(reader).waitFor()
})

it('without one the page says what is needed, takes no files, and takes a pasted invitation', async () => {
  const { link } = await make({ name: 'Bob', kind: 'invitation' })
  const page = await stage.person()
  await page.goto(stage.server.url)
  await gate(page).waitFor()
  await page.getByRole('heading', { name: 'You need an invitation to publish here' }).waitFor()
  expect(await page.getByRole('button', { name: 'Choose files' }).count()).toBe(0)
  await expectAccessible(page)

  await enter(page, `tst_${'x'.repeat(43)}`)
  await page.locator('[data-error=token_wrong]').waitFor()
  await enter(page, `Hi! Here it is: ${link} (only once)`)
  await publisher(page).waitFor()
  await page.getByRole('button', { name: 'Choose files' }).waitFor()
  await expectAccessible(page)

  await page.getByRole('button', { name: 'Use another invitation' }).click()
  await gate(page).waitFor()
})

it('a token that is revoked while files are reviewed is asked for again, and nothing is lost', async () => {
  const { secret, token } = await make({ name: 'Carol' })
  const page = await stage.person()
  await page.goto(stage.server.url)
  await gate(page).waitFor()
  await enter(page, secret ?? '')
  await publisher(page).waitFor()
  await page.locator('input[type=file]').first().setInputFiles(join(stage.folder.path, 'two.txt'))
  await page.getByRole('button', { name: /^Publish/ }).waitFor()
  await fetch(`${stage.server.url}/api/admin/tokens/${token.id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${KEY}` },
  })
  await page.getByRole('button', { name: /^Publish/ }).click()
  await gate(page).waitFor()
  await page.locator('[data-error=token_revoked]').first().waitFor()
  const next = await make({ name: 'Carol again' })
  await enter(page, next.secret ?? '')
  await gate(page).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: /^Publish/ }).click()
  await waitForState(page, 'seeding')
})
