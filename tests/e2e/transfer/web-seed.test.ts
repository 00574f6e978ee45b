import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { choosePieceLength } from '../../../lib/torrent/piece-length.ts'
import { counter, publish, startDownload, waitForCounter, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { publishedContent } from '../../support/content/hosted-shares.ts'
import { postTorrent } from '../../support/content/shares.ts'
import { slowly, startWebSeed } from '../../support/server/web-seed-server.ts'

const MB = 1e6

// The web seeds of these tests are on this machine, and come after peers.
const { folder, person, publisher, server } = setStage({
  serverArgs: ['--webseed-private', 'allow', '--webseed-use', 'fallback'],
})

/** A share of one file that nobody seeds but a web seed, published by its `.torrent`. */
async function shareWithWebSeed(name: string, bytes: Uint8Array) {
  const { torrent } = await publishedContent(name, bytes, choosePieceLength(bytes.length, [name]))
  const seed = await startWebSeed({ [name]: bytes })
  const created = createdShareSchema.parse(await (await postTorrent(server.url, torrent)).json())
  const answer = await fetch(`${server.url}/api/shares/${created.share.infoHash}/web-seeds`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${created.ownerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ urls: [seed.url] }),
  })
  expect(answer.status).toBe(200)
  return { seed, link: created.share.links.page, [Symbol.asyncDispose]: () => seed[Symbol.asyncDispose]() }
}

/** Press Download, wait for the file that is saved by itself, and compare it. */
async function downloadWhole(page: Page, link: string, bytes: Uint8Array): Promise<void> {
  const saved = page.waitForEvent('download', { timeout: 60_000 })
  await startDownload(page, link)
  const download = await saved
  const path = join(folder.path, download.suggestedFilename())
  await download.saveAs(path)
  expect(sha256File(path)).toBe(createHash('sha256').update(bytes).digest('hex'))
}

describe('a web seed finishes a download', () => {
  it('that nobody seeds, and the page says where it came from', async () => {
    const bytes = noise(3 * MB, 21)
    await using share = await shareWithWebSeed('nobody seeds #1.bin', bytes)
    const reader = await person()
    await downloadWhole(reader, share.link, bytes)
    await waitForState(reader, 'done')
    expect(await counter(reader, 'from-web-seeds')).toBe(bytes.length)
    expect(await counter(reader, 'from-peers')).toBe(0)
    await reader.getByText(/^0\s%\scame from other people/).waitFor()
  })

  it('when there is no WebRTC', async () => {
    const bytes = noise(2 * MB, 22)
    await using share = await shareWithWebSeed('no webrtc.bin', bytes)
    const reader = await person()
    await reader.addInitScript(() => {
      for (const name of [
        'RTCPeerConnection',
        'RTCSessionDescription',
        'RTCIceCandidate',
        'RTCDataChannel',
      ]) {
        Reflect.deleteProperty(globalThis, name)
      }
    })
    await downloadWhole(reader, share.link, bytes)
  })

  it('when the tracker cannot be reached', async () => {
    const bytes = noise(2 * MB, 23)
    await using share = await shareWithWebSeed('no tracker.bin', bytes)
    const reader = await person()
    await reader.routeWebSocket(/announce/, socket => socket.close())
    await downloadWhole(reader, share.link, bytes)
  })

  it('whose publisher goes half-way', async () => {
    const bytes = noise(6 * MB, 24)
    writeTree(folder.path, { 'half.bin': bytes })
    await using share = await shareWithWebSeed('half.bin', bytes)
    const published = await publisher().publish(join(folder.path, 'half.bin'))
    publisher().limit(1.5 * MB)
    expect(published.link).toBe(share.link)
    const reader = await person()
    const saved = downloadWhole(reader, share.link, bytes)
    await waitForCounter(reader, 'from-peers', received => received > MB)
    await published.leave()
    publisher().limit(null)
    await saved
    await waitForState(reader, 'done')
    expect(await counter(reader, 'from-web-seeds')).toBeGreaterThan(0)
  })

  it('after a reload, without fetching anything twice', { tags: 'long' }, async () => {
    const bytes = noise(4 * MB, 25)
    await using share = await shareWithWebSeed('reload.bin', bytes)
    share.seed.behave = slowly(0.5 * MB)
    const reader = await person()
    await startDownload(reader, share.link)
    const before = await waitForCounter(reader, 'downloaded', here => here > MB)
    await reader.reload()
    share.seed.behave = share.seed.good
    await waitForState(reader, 'done')
    expect(await counter(reader, 'from-web-seeds')).toBeLessThanOrEqual(bytes.length - before)
  })
})

it('a mirror is added and removed by the owner on the page, after it was tried', async () => {
  const bytes = noise(2 * MB, 27)
  writeTree(folder.path, { 'mirrored.bin': bytes })
  await using mirror = await startWebSeed({ 'mirrored.bin': bytes })
  await using other = await startWebSeed({ 'mirrored.bin': noise(2 * MB, 28) })
  const owner = await person()
  const link = await publish(owner, server.url, { files: [join(folder.path, 'mirrored.bin')] })
  await owner.getByText('Mirrors on other servers').click()
  const address = owner.getByLabel('Address of the file')

  await address.fill(other.url)
  await owner.getByRole('button', { name: 'Add mirror' }).click()
  await owner.locator('[data-error=web_seed_wrong]').waitFor()
  expect(await owner.locator('[data-mirror]').count()).toBe(0)

  await address.fill(mirror.url)
  await address.press('Enter')
  await owner.locator('[data-mirror=ok] [data-browsers=true]').waitFor({ state: 'attached' })
  const torrent = await fetch(link.replace('/d/', '/api/shares/'))
  expect(((await torrent.json()) as { webSeeds: string[] }).webSeeds).toEqual([mirror.url])

  await owner.getByRole('button', { name: `Remove ${mirror.url}` }).click()
  await owner.locator('[data-mirror]').waitFor({ state: 'detached' })
})

it('a mirror that only programs can use is named as that', async () => {
  const bytes = noise(MB, 29)
  writeTree(folder.path, { 'closed.bin': bytes })
  await using mirror = await startWebSeed({ 'closed.bin': bytes })
  mirror.behave = ({ answer, response }) => {
    response.removeHeader('access-control-allow-origin')
    answer()
  }
  const owner = await person()
  await publish(owner, server.url, { files: [join(folder.path, 'closed.bin')] })
  await owner.getByText('Mirrors on other servers').click()
  await owner.getByLabel('Address of the file').fill(mirror.url)
  await owner.getByRole('button', { name: 'Add mirror' }).click()
  await owner.locator('[data-mirror=ok]').getByText('Access-Control-Allow-Origin').waitFor()
  expect(await owner.locator('[data-browsers=true]').count()).toBe(0)
})

it('peers that come later take over', { tags: 'long' }, async () => {
  const bytes = noise(6 * MB, 26)
  writeTree(folder.path, { 'later.bin': bytes })
  await using share = await shareWithWebSeed('later.bin', bytes)
  share.seed.behave = slowly(0.05 * MB)
  const reader = await person()
  await startDownload(reader, share.link)
  await waitForCounter(reader, 'from-web-seeds', received => received > 0)
  await publisher().publish(join(folder.path, 'later.bin'))
  await waitForState(reader, 'done', 60_000)
  expect(await counter(reader, 'from-peers')).toBeGreaterThan(0.8 * bytes.length)
  expect(await reader.locator('[data-web-seed=idle]').count()).toBe(1)
})

it('a text is shown by HTTP alone, without a download', async () => {
  const text = Buffer.from('from the server\n'.repeat(40_000))
  await using share = await shareWithWebSeed('words.txt', text)
  const reader = await person()
  await reader.goto(share.link)
  await reader.getByRole('button', { name: 'Show', exact: true }).click()
  await reader.getByRole('dialog').getByText('from the server').first().waitFor()
  await reader.keyboard.press('Escape')
  expect(await reader.getByRole('button', { name: /^Download/ }).count()).toBe(1)
})
