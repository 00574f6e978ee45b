import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { servePeers } from '../../../bench/support.ts'
import { type Liar, startLiar as makeLiar, sentBy } from '../../support/browser/liar.ts'
import { counter, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const MiB = 1024 ** 2
const SIZE = 8 * MiB

const { folder, person, publisher, server } = setStage()
const peers = await servePeers()

afterAll(async () => {
  peers.close()
})

const startLiar = async (infoHash: string) => makeLiar(await person(), peers.url, server, infoHash)

it('a peer that sends false bytes is dropped, costs little, and none of its bytes are stored', async () => {
  writeTree(folder.path, { 'true.bin': noise(SIZE, 21) })
  const path = join(folder.path, 'true.bin')
  const { link, uploaded } = await publisher().publish(path)
  // So slow that the download does not end before the other peer is met.
  publisher().limit(2 * MiB)
  const liar = await startLiar(link.slice(-40))
  const reader = await person()
  await startDownload(reader, link)
  await waitForState(reader, 'done', 120_000)
  const saved = await save(reader, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(path))
  expect(await sentBy(liar)).toBeGreaterThan(0)
  expect(await sentBy(liar)).toBeLessThan(3 * MiB)
  expect(uploaded()).toBeLessThan(1.5 * SIZE)
  // It stays disconnected although the tracker announces it again.
  await liar.waitForFunction(() => (globalThis as unknown as Liar).torrent.wires.length <= 1)
}, 180_000)

it('with a lying peer alone the download waits; it completes correctly once an honest one joins', async () => {
  writeTree(folder.path, { 'later.bin': noise(2 * MiB, 22) })
  const path = join(folder.path, 'later.bin')
  publisher().limit(null)
  const { leave, link } = await publisher().publish(path)
  await leave()
  const liar = await startLiar(link.slice(-40))
  const reader = await person()
  await startDownload(reader, link)
  await liar.waitForFunction(() => (globalThis as unknown as Liar).torrent.uploaded > 0)
  await liar.waitForFunction(() => (globalThis as unknown as Liar).torrent.wires.length === 0)
  expect(await counter(reader, 'downloaded')).toBe(0)
  await publisher().publish(path)
  await waitForState(reader, 'done', 60_000)
  const saved = await save(reader, /^Save/, folder.path)
  expect(sha256File(saved)).toBe(sha256File(path))
}, 180_000)
