import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { watchHealth } from '../../support/browser/chromium.ts'
import { signIn, waitForScripts } from '../../support/browser/pages.ts'
import { look } from '../../support/browser/pictures.ts'
import { setStage } from '../../support/browser/stage.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'

const KEY = 'key-of-ann-0123456789'
const TERMS = 'Be kind.\n\nNo spam.\nReally.'

const settings = tempFolder()
const stage = setStage({
  serverArgs: [
    ...['--operator-keys', `ann:${KEY}`, '--contact', 'abuse@example.org'],
    ...['--terms', termsFile(), '--privacy', 'https://example.org/privacy', '--keep-addresses', '7'],
  ],
})

afterAll(() => settings[Symbol.dispose]())

function termsFile(): string {
  const path = join(settings.path, 'terms.txt')
  writeFileSync(path, TERMS)
  return path
}

async function reportAs(page: Page, infoHash: InfoHash): Promise<void> {
  await page.goto(`${stage.server.url}/d/${infoHash}`)
  const open = page.getByRole('button', { name: 'Report this share' })
  await waitForScripts(open)
  await open.click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('What is wrong').selectOption('fraud')
  await dialog.getByLabel('What they should know').fill('The second file is\na trap.')
  await dialog.getByLabel('How they can reach you').fill('eve@example.org')
}

it('anybody reports a share; an operator reads it, blocks the share with a reason, and allows it again', {
  tags: 'long',
}, async () => {
  const { infoHash } = await publishNamed(stage.server.url, 'Holiday pictures of somebody')
  const reader = await stage.person()
  await reportAs(reader, infoHash)
  await look(reader, 'report')
  await reader.getByRole('button', { name: 'Send report' }).click()
  await reader.locator('[data-report=sent]').waitFor()
  await reader.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()

  const page = await stage.person()
  const faults = watchHealth(page.context(), stage.server.url)
  await page.goto(`${stage.server.url}/admin`)
  await signIn(page, KEY)
  await page.locator('[data-operator=ann]').waitFor()
  const report = page.locator('[data-panel=reports] [data-row]')
  await report.waitFor()
  expect(await report.textContent()).toContain('a trap.')
  expect(await report.textContent()).toContain('eve@example.org')
  await page.locator(`[data-panel=shares] [data-row="${infoHash}"]`).waitFor()
  await page.locator('[data-panel=audit]').getByText('Nobody has done anything yet.').waitFor()
  await look(page, 'admin')

  await report.getByRole('button', { name: 'Block Holiday pictures of somebody' }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByLabel('Why').fill('It is a trap')
  await look(page, 'admin-block')
  await dialog.getByRole('button', { name: 'Block' }).click()
  const blocked = page.locator(`[data-panel=blocks] [data-row="${infoHash}"]`)
  await blocked.waitFor()
  await page.getByText('Nobody waits for an answer.').waitFor()
  await page.locator('[data-panel=audit] [data-row]').getByText('It is a trap').waitFor()

  const answer = await reader.goto(`${stage.server.url}/d/${infoHash}`)
  expect(answer?.status()).toBe(451)
  await reader.getByRole('heading', { name: 'This share is blocked here' }).waitFor()
  expect(await reader.locator('main').textContent()).toContain('It is a trap')
  await look(reader, 'blocked')

  await blocked.getByRole('button', { name: 'Allow again: Holiday pictures of somebody' }).click()
  await page.getByRole('alertdialog').getByLabel('Why').fill('A mistake')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Allow again' }).click()
  await blocked.waitFor({ state: 'detached' })
  await page.locator('[data-panel=audit] [data-row]').getByText('A mistake').waitFor()
  expect((await fetch(`${stage.server.url}/d/${infoHash}`)).status).toBe(404)
  expect(faults.filter(fault => !fault.includes('451'))).toEqual([])
})

it('nothing is asked of the server without a key; a wrong one is refused; the right one is kept for the tab alone', async () => {
  const page = await stage.person()
  const asked: string[] = []
  page.on('request', request => {
    if (request.url().includes('/api/')) asked.push(request.url())
  })
  await page.goto(`${stage.server.url}/admin`)
  expect(await page.locator('meta[name=robots]').getAttribute('content')).toContain('noindex')
  await page.getByLabel('Operator key').waitFor()
  await look(page, 'admin-key')
  expect(asked.filter(url => url.includes('/api/admin'))).toEqual([])

  await signIn(page, 'wrong-key-0123456789')
  await page.locator('[data-error=operator_only]').waitFor()
  await page.getByRole('button', { name: 'Forget the key' }).click()
  await signIn(page, KEY)
  await page.locator('[data-operator=ann]').waitFor()
  await page.reload()
  await page.locator('[data-operator=ann]').waitFor()

  const other = await page.context().newPage()
  await other.goto(`${stage.server.url}/admin`)
  await other.getByLabel('Operator key').waitFor()
  await other.close()
  await page.getByRole('button', { name: 'Forget the key' }).click()
  await page.getByLabel('Operator key').waitFor()
  await page.reload()
  await page.getByLabel('Operator key').waitFor()
})

it('an operator searches shares, blocks by link, moves block lists, and makes and revokes invitations', async () => {
  const { infoHash } = await publishNamed(stage.server.url, 'needle.iso')
  await publishNamed(stage.server.url, 'haystack.iso')
  const page = await stage.person()
  await page.goto(`${stage.server.url}/admin`)
  await signIn(page, KEY)
  const shares = page.locator('[data-panel=shares]')
  await shares.getByLabel('Name, title, publisher, link or info hash').fill('NEEDLE')
  await shares.getByRole('button', { name: 'Search' }).click()
  await shares.locator('[data-rows="1"]').waitFor()
  expect(await shares.locator('[data-row]').textContent()).toContain('127.0.0.1')

  const blocks = page.locator('[data-panel=blocks]')
  await blocks.getByLabel('Link or info hash').fill('nonsense')
  await blocks.getByRole('button', { name: 'Block', exact: true }).click()
  await blocks.locator('[data-error=link_invalid]').waitFor()
  await blocks.getByLabel('Link or info hash').fill(`${stage.server.url}/d/${infoHash}`)
  await blocks.getByRole('button', { name: 'Block', exact: true }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Block' }).click()
  await blocks.locator(`[data-row="${infoHash}"]`).waitFor()
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    blocks.getByRole('button', { name: 'Save as a file' }).click(),
  ])
  const path = join(stage.folder.path, 'list.txt')
  await file.saveAs(path)
  writeFileSync(path, `${'ab'.repeat(20)} From elsewhere\n`, { flag: 'a' })
  await blocks.locator('input[type=file]').setInputFiles(path)
  await page.getByText('1 added, 1 known before.').waitFor()
  await blocks.locator('[data-rows="2"]').waitFor()

  const tokens = page.locator('[data-panel=tokens]')
  await tokens.getByLabel('For whom').fill('Ada')
  await tokens.getByLabel('Most shares').fill('3')
  await tokens.getByRole('button', { name: 'Create an invitation' }).click()
  const link = await tokens.getByLabel('The invitation, shown only now').inputValue()
  expect(link).toContain(`${stage.server.url}/#invite=tsi_`)
  await tokens.locator('[data-token=invited]').waitFor()
  await look(page, 'admin-full')
  await tokens.getByRole('button', { name: 'Revoke the token of Ada' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
  await tokens.locator('[data-token=revoked]').waitFor()
})

it('the foot of every page leads to contact, terms and privacy; in German too', {
  tags: 'long',
}, async () => {
  const page = await stage.person()
  await page.goto(stage.server.url)
  const foot = page.getByRole('contentinfo')
  expect(await foot.getByRole('link', { name: 'Contact' }).getAttribute('href')).toBe(
    'mailto:abuse@example.org',
  )
  await foot.getByRole('link', { name: 'Terms' }).click()
  await page.getByRole('heading', { name: 'Terms' }).waitFor()
  expect(await page.locator('main').textContent()).toContain('No spam.\nReally.')
  await foot.getByRole('link', { name: 'Privacy' }).click()
  await page.locator('[data-keeps-addresses="7"]').waitFor()
  await page.getByRole('link', { name: 'example.org', exact: true }).waitFor()
  await look(page, 'privacy')
  const language = page.getByLabel('Language')
  await waitForScripts(language)
  await language.selectOption('Deutsch')
  await page.getByRole('heading', { name: 'Datenschutz' }).waitFor()
  await page.goto(`${stage.server.url}/admin`)
  await page.getByRole('heading', { name: 'Verwaltung' }).waitFor()
  await page.getByLabel('Betreiberschlüssel').fill(KEY)
  const enter = page.getByRole('button', { name: 'Weiter' })
  await waitForScripts(enter)
  await enter.click()
  await page.getByText('Du bist ann.').waitFor()
})
