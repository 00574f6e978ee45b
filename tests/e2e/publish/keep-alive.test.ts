import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { closePerson, publish, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { restorePanel } from '../../support/browser/restore.ts'
import { setStage } from '../../support/browser/stage.ts'
import { aria2Download, aria2Seed } from '../../support/clients/classic.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { postTorrent } from '../../support/content/shares.ts'

const { folder, person, server } = setStage({ serverArgs: ['--seeder', 'on', '--seeder-port', '0'] })

beforeAll(() => {
  writeTree(folder.path, { 'kept.bin': noise(3_000_000, 21), 'classic/old.bin': noise(3_000_000, 22) })
})

it('is handed over by its tab, and then reaches a new tab, aria2c without it', async () => {
  const path = join(folder.path, 'kept.bin')
  const publisher = await person({ serviceWorkers: 'block' })
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  await publisher.route('**/api/shares/*/kept', async route => {
    await held
    await route.continue()
  })
  const link = await publish(publisher, server.url, { files: [path] })
  const choice = publisher.getByRole('switch', { name: 'Keep a copy on this server' })
  // The page comes with it. It would push away what is below when it came with an answer.
  await choice.waitFor()
  release()
  const counts = await publisher.evaluateHandle(() => {
    const counts = new Set<string>()
    const connected = [...document.querySelectorAll('dt')].find(dt => dt.textContent === 'Connected')
    const look = () => {
      counts.add(connected?.nextElementSibling?.textContent ?? '')
      if (document.querySelector('tr[data-server=false]')) counts.add('somebody in the list')
      if (/\d download/.test(document.title)) counts.add(document.title)
    }
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true })
    return counts
  })
  await choice.click()
  await publisher.locator('[data-share][data-kept=yes]').waitFor()
  await publisher.getByText('This server has a full copy: you may close this tab').first().waitFor()
  // The server is nobody.
  await publisher.locator('tr[data-server=true]', { hasText: 'This server' }).waitFor()
  await publisher.locator('dt:text("Connected") + dd:text-is("0")').waitFor()
  expect(await counts.evaluate(seen => [...seen])).toEqual(['0'])
  await publisher.reload()
  await restorePanel(publisher, 'needs-files').getByText('the link works without this tab').waitFor()
  await closePerson(publisher)

  const torrent = `${link.replace('/d/', '/t/')}.torrent`
  const reader = await person()
  await reader.goto(link)
  await reader.locator('[data-share][data-presence=server]').waitFor()
  await reader.getByText('A copy is on this server').waitFor()
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  expect(sha256File(await save(reader, /Save/, join(folder.path, 'saved')))).toBe(sha256File(path))
  await closePerson(reader)

  await aria2Download(torrent, join(folder.path, 'aria2'))
  expect(sha256File(join(folder.path, 'aria2/kept.bin'))).toBe(sha256File(path))
})

it('brings what a classic client seeds to a tab', async () => {
  const content = join(folder.path, 'classic/old.bin')
  const made = join(folder.path, 'old.torrent')
  execFileSync('mktorrent', ['-a', `${server.url}/announce`, '-o', made, content])
  const response = await postTorrent(server.url, new Uint8Array(readFileSync(made)))
  const { ownerKey, share } = createdShareSchema.parse(await response.json())
  const kept = `${server.url}/api/shares/${share.infoHash}/kept`
  await using _seed = aria2Seed(made, join(folder.path, 'classic'))
  expect(
    (await fetch(kept, { method: 'PUT', headers: { authorization: `Bearer ${ownerKey}` } })).status,
  ).toBe(202)

  const reader = await person()
  await startDownload(reader, share.links.page)
  await waitForState(reader, 'done')
  await reader.locator('[data-share][data-kept=yes]').waitFor()
  expect(sha256File(await save(reader, /Save/, join(folder.path, 'saved')))).toBe(sha256File(content))
})
