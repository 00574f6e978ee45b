import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createdTokenSchema } from '../../../lib/protocol/publishing.ts'
import { checkpoints, secretIn } from '../../support/browser/checkpoints.ts'
import { waitForScripts, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, writeTree } from '../../support/content/fixtures.ts'

const KEY = 'operator-key-0123456789'
const { folder, person, server } = setStage({
  serverArgs: ['--audience', 'link', '--publish', 'token', '--operator-key', KEY],
})

const admin = (method: string, path = '', body?: object) =>
  fetch(`${server.url}/api/admin/tokens${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })

const make = async (name: string) =>
  createdTokenSchema.parse(await (await admin('POST', '', { name })).json())

it('what the server refused is published under its key once it may be, and no key is left then', async () => {
  writeTree(folder.path, { 'refused.bin': noise(2_000_000, 41) })
  const page = await person()
  const enter = async (text: string | null) => {
    const field = page.getByLabel('Invitation')
    await waitForScripts(field)
    await field.fill(text ?? '')
    await page.getByRole('button', { name: 'Use this invitation' }).click()
    await page.locator('[data-state=needs-invitation]').waitFor({ state: 'detached' })
  }
  await page.goto(server.url)
  const { secret, token } = await make('Ada')
  await enter(secret)
  await page.locator('input[type=file]').first().setInputFiles(join(folder.path, 'refused.bin'))
  const publish = page.getByRole('button', { name: /^Publish/ })
  await publish.waitFor()
  await admin('DELETE', `/${token.id}`)
  await publish.click()
  await page.locator('[data-error=token_revoked]').first().waitFor()
  await expect.poll(async () => (await checkpoints(page)).length).toBe(1)
  const [saved] = await checkpoints(page)

  await enter((await make('Ada again')).secret)
  await publish.click()
  await waitForState(page, 'seeding')
  expect(secretIn(page)).toBe(saved?.secret)
  expect(await checkpoints(page)).toEqual([])
})
