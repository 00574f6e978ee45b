import { join } from 'node:path'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { closePerson, publish, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const TOKEN = 'a-secret-of-both-machines'
const { folder, person, server } = setStage({ serverArgs: ['--seeder-token', TOKEN] })

beforeAll(() => writeTree(folder.path, { 'far.bin': noise(5_000_000, 61) }))

it('a page says when the seeder of another machine is away, hands over to it, and a reader gets it from there', {
  tags: 'long',
}, async () => {
  const path = join(folder.path, 'far.bin')
  const publisher = await person()
  const link = await publish(publisher, server.url, { files: [path] })
  await publisher.getByText('is not connected right now').first().waitFor()

  const line = [LAUNCHER, 'seed', '--server', server.url, '--seeder-port', '0'] as const
  const kept = ['--seeder-dir', join(folder.path, 'kept'), '--seeder-token', TOKEN] as const
  const seeder = startCommand(folder.path, [process.execPath, ...line, ...kept])
  onTestFinished(async () => {
    seeder.kill('SIGTERM')
    await seeder.ended
  })
  await publisher.getByText('is not connected right now').first().waitFor({ state: 'detached' })
  await publisher.getByRole('switch', { name: 'Keep a copy on this server' }).click()
  await publisher.locator('[data-share][data-kept=yes]').waitFor()
  await publisher.getByText('You may close this tab').first().waitFor()
  await publisher.locator('[data-share]:not([data-copies="0"])').waitFor()
  await closePerson(publisher)

  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  expect(sha256File(await save(reader, /Save/, join(folder.path, 'saved')))).toBe(sha256File(path))
})
