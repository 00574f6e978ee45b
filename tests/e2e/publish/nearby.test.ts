import { join } from 'node:path'
import { expect, it } from 'vitest'
import { expectAccessible } from '../../support/browser/axe.ts'
import { PHONE, publish, save, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const { folder, person, server } = setStage({ serverArgs: ['--audience', 'link'] })

it('two devices of one network find each other, and hand a share over with one tap', async () => {
  writeTree(folder.path, { 'photos.bin': noise(3_000_001, 95) })
  const path = join(folder.path, 'photos.bin')
  const [sender, phone] = [await person(), await person(PHONE)]
  await publish(sender, server.url, { files: [path] })
  // Nobody is seen who did not ask for it.
  await sender.getByRole('link', { name: 'Hand over nearby' }).click()
  await sender.locator('[data-nearby=off]').waitFor()
  await phone.goto(`${server.url}/nearby`)
  await expectAccessible(phone)
  await sender.getByRole('button', { name: 'Be seen nearby' }).click()
  await sender.locator('[data-nearby=on] [data-people="0"]').waitFor()
  await phone.getByRole('button', { name: 'Be seen nearby' }).click()
  await phone.locator('[data-people="1"]').waitFor()

  const hand = sender.getByRole('button', { name: /^Hand over to/ })
  await hand.click()
  await sender.locator('[data-handed=sent]').waitFor()
  const offer = phone.locator('[data-offer]')
  await offer.getByText('photos.bin').waitFor()
  await expectAccessible(phone)
  await offer.getByRole('button', { name: 'No, thanks' }).click()
  await sender.locator('[data-handed=refused]').waitFor()

  await hand.click()
  await offer.getByRole('button', { name: 'Take it' }).click()
  await phone.waitForURL(/\/d\/[0-9a-f]{40}#[\w-]{50}$/)
  await phone
    .getByRole('button', { name: /Download/ })
    .first()
    .click()
  await waitForState(phone, 'done')
  expect(sha256File(await save(phone, /^Save/, folder.path))).toBe(sha256File(path))
  await sender.locator('[data-people="0"]').waitFor()
})

it('a code brings others together; one that nobody has is said', { tags: 'long' }, async () => {
  const [a, b] = [await person(), await person()]
  for (const page of [a, b]) {
    await page.goto(`${server.url}/nearby`)
    await page.getByRole('button', { name: 'Be seen nearby' }).click()
    await page.locator('[data-nearby=on]').waitFor()
    await page.getByText('On another network?').click()
  }
  await a.getByRole('button', { name: 'Make a code' }).click()
  const code = (await a.locator('[data-code]').getAttribute('data-code')) ?? ''
  expect(code).toMatch(/^\d{6}$/)
  await b.getByLabel('Code of the other device').fill(code === '111111' ? '222222' : '111111')
  await b.getByRole('button', { name: 'Use this code' }).click()
  await b.locator('[data-error=nearby_code_unknown]').waitFor()
  await b.getByLabel('Code of the other device').fill(`${code.slice(0, 3)} ${code.slice(3)}`)
  await b.getByRole('button', { name: 'Use this code' }).click()
  await b.locator(`[data-code="${code}"]`).waitFor()
  await b.getByRole('button', { name: 'Stop being seen' }).click()
  await b.locator('[data-nearby=off]').waitFor()
  // Whoever was here before is forgotten after half a minute.
  await a.locator('[data-people="0"]').waitFor({ timeout: 60_000 })
})
