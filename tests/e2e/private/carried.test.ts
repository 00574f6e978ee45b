import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { servePeers } from '../../../bench/support.ts'
import { sentBy, startLiar } from '../../support/browser/liar.ts'
import {
  closePerson,
  limitUploads,
  publish,
  save,
  startDownload,
  waitForState,
} from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { aria2Download, transmissionDownload } from '../../support/clients/classic.ts'
import { runCli } from '../../support/clients/cli.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { type HostServer, html, snippet, startHost } from '../../support/widget/host-page.ts'

const { folder, person, server } = setStage({
  serverArgs: ['--audience', 'link', '--seeder', 'on', '--seeder-port', '0'],
})
const peers = await servePeers()
const at = (path: string) => join(folder.path, path)

let host: HostServer
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, { 'letter.bin': noise(1_000_001, 71), 'long.bin': noise(6_000_000, 72) })
})
afterAll(() => {
  host.close()
  peers.close()
})

const outside = (link: string) => `${link.replace('/d/', '/t/').replace(/#.*$/, '')}.torrent`
const infoHashOf = (link: string) => /[0-9a-f]{40}/.exec(link)?.[0] ?? ''

describe('an encrypted share is carried by those who cannot read it:', () => {
  it('the server keeps it, two classic clients fetch it, and the key opens what each has', {
    tags: 'long',
    timeout: 180_000,
  }, async () => {
    const publisher = await person()
    const link = await publish(publisher, server.url, { files: [at('letter.bin')] })
    await publisher.getByRole('switch', { name: 'Keep a copy on this server' }).click()
    await publisher.getByText('This server has a full copy: you may close this tab').first().waitFor()
    await closePerson(publisher)

    const reader = await person()
    await startDownload(reader, link)
    await waitForState(reader, 'done')
    expect(sha256File(await save(reader, /^Save/, at('saved')))).toBe(sha256File(at('letter.bin')))
    await closePerson(reader)

    const clients = { aria2: aria2Download, transmission: transmissionDownload }
    for (const [name, download] of Object.entries(clients)) {
      mkdirSync(at(name))
      await download(outside(link), at(name))
      const [sealed = ''] = readdirSync(at(name)).filter(file => file.endsWith('.tabseed'))
      const opened = await runCli(at(name), 'decrypt', sealed, '--key', link, '-o', 'opened')
      expect(opened.code, opened.stderr).toBe(0)
      expect(sha256File(at(`${name}/opened/letter.bin`)), name).toBe(sha256File(at('letter.bin')))
    }
  })

  it('a widget opens it by its key, and cannot without', { tags: 'long', timeout: 120_000 }, async () => {
    const link = await publish(await person(), server.url, { files: [at('letter.bin')] })
    const visit = async (attributes: string) => {
      const page = await person()
      await page.goto(host.put(`/${crypto.randomUUID()}`, { body: html(snippet(link, attributes)) }))
      return page
    }
    const page = await visit(`key="${link.slice(link.indexOf('#') + 1)}"`)
    await page.getByRole('button', { name: 'Get it' }).click()
    await page.locator('tabseed-download[data-state=done]').waitFor()
    expect(sha256File(await save(page, /^Save/, at('widget')))).toBe(sha256File(at('letter.bin')))

    const without = await visit('')
    await without.getByRole('button', { name: 'Get it' }).click()
    await without.locator('tabseed-download[data-state=error]').waitFor()
  })

  it('a peer that sends false bytes is dropped, and none of them are saved', {
    tags: 'long',
    timeout: 180_000,
  }, async () => {
    const publisher = await person()
    // So slow that the download does not end before the other peer is met.
    await limitUploads(publisher, 1_500_000)
    const link = await publish(publisher, server.url, { files: [at('long.bin')] })
    const liar = await startLiar(await person(), peers.url, server, infoHashOf(link))
    const reader = await person()
    await startDownload(reader, link)
    await waitForState(reader, 'done', 120_000)
    expect(sha256File(await save(reader, /^Save/, at('saved')))).toBe(sha256File(at('long.bin')))
    expect(await sentBy(liar)).toBeGreaterThan(0)
  })
})
