import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { watchHealth } from '../../support/browser/chromium.ts'
import {
  counter,
  limitUploads,
  publish,
  save,
  startDownload,
  waitForCounter,
  waitForScripts,
  waitForState,
} from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { bigFile, noise, sha256File, sha256Tree, writeTree } from '../../support/content/fixtures.ts'
import { LONG } from '../../support/long.ts'

const MB = 1024 * 1024

const { folder, person, server } = setStage()

/** A file that takes a few seconds: of 8 MB with the publisher at `RATE`, in the long run of more than 100 MB. */
function largeFile(): { readonly path: string; readonly size: number } {
  if (LONG) return bigFile()
  const [path, size] = [join(folder.path, 'large.bin'), 8 * MB]
  if (!existsSync(path)) writeTree(folder.path, { 'large.bin': noise(size, 1) })
  return { path, size }
}
const RATE = LONG ? 20 * MB : MB

/** A folder as people have them: nested, with an empty file, junk, and names from everywhere. */
const TREE = {
  'readme.txt': 'What this is.\n',
  'data/2026/a.bin': noise(3 * MB + 17, 2),
  'data/2026/b.bin': noise(300_001, 3),
  'data/empty.log': '',
  'data/.DS_Store': 'junk',
  'Übung 🎈.txt': 'names are UTF-8',
  '<script>alert(1)</script>.txt': 'text, not markup',
  'עברית.txt': 'right to left',
}
const WANTED = Object.keys(TREE).filter(path => !path.endsWith('.DS_Store'))

describe('a folder tree', () => {
  it('is published in one tab and saved byte for byte in another, as a zip and file by file', async () => {
    const source = join(folder.path, 'field recordings')
    writeTree(source, Object.fromEntries(WANTED.map(path => [path, TREE[path as keyof typeof TREE]])))
    const expected = sha256Tree(source)
    writeTree(source, { 'data/.DS_Store': 'junk' })

    const publisher = await person()
    const reader = await person()
    const complaints = [publisher, reader].map(page => watchHealth(page.context(), server.url))
    const link = await publish(publisher, server.url, { folder: source })
    expect(link).toMatch(/\/d\/[0-9a-f]{40}$/)

    await startDownload(reader, link)
    await waitForState(reader, 'done')
    const zip = await save(reader, /zip/i, folder.path)
    expect(basename(zip)).toBe('field recordings.zip')
    const unpacked = join(folder.path, 'unpacked')
    execFileSync('unzip', ['-q', zip, '-d', unpacked], { env: { ...process.env, LC_ALL: 'C.UTF-8' } })
    expect(sha256Tree(join(unpacked, 'field recordings'))).toEqual(expected)

    const single = await save(reader, /^Save .*a\.bin/, folder.path)
    expect(basename(single)).toBe('a.bin')
    expect(sha256File(single)).toBe(expected['data/2026/a.bin'])
    expect(complaints.flat()).toEqual([])
  })

  it('gives the metainfo that classic tools make of the same folder', async () => {
    const source = join(folder.path, 'reproducible')
    writeTree(source, {
      'a/x': noise(70_000),
      'a.txt': '1',
      'a b': '2',
      'B/é': '3',
      empty: '',
      '﹟': '4',
      𝔸: '5',
    })
    const publisher = await person()
    const link = await publish(publisher, server.url, { folder: source })
    const infoHash = link.slice(-40)
    const response = await fetch(`${server.url}/t/${infoHash}.torrent`)
    const ours = join(folder.path, 'ours.torrent')
    writeTree(folder.path, { 'ours.torrent': new Uint8Array(await response.arrayBuffer()) })

    const theirs = join(folder.path, 'theirs.torrent')
    const pieceLengthLog2 = '15'
    execFileSync('mktorrent', [
      '-d',
      '-l',
      pieceLengthLog2,
      '-a',
      'http://127.0.0.1/announce',
      '-o',
      theirs,
      source,
    ])
    const show = (torrent: string) => execFileSync('transmission-show', [torrent], { encoding: 'utf8' })
    const hashIn = (text: string) => /Hash(?: v1)?: ([0-9a-f]{40})/.exec(text)?.[1]
    expect(hashIn(show(theirs))).toBe(infoHash)
    expect(hashIn(show(ours))).toBe(infoHash)
    expect(show(ours)).toContain(`${server.url}/announce`)
    const listing = execFileSync('aria2c', ['-S', ours], { encoding: 'utf8' })
    expect(listing).toContain(infoHash)
    expect(listing).toContain('reproducible/B/é')
  })
})

describe('a large file', () => {
  it('reaches two readers at once, who also give to each other', {
    tags: 'long',
    timeout: 240_000,
  }, async () => {
    const { path, size } = largeFile()
    const [publisher, first, second] = [await person(), await person(), await person()]
    // So slow that what readers have from each other comes sooner.
    await limitUploads(publisher, LONG ? RATE / 3 : RATE)
    const link = await publish(publisher, server.url, { files: [path] })

    await Promise.all([startDownload(first, link), startDownload(second, link)])
    await Promise.all([waitForState(first, 'done', 170_000), waitForState(second, 'done', 170_000)])

    const wanted = sha256File(path)
    for (const reader of [first, second]) {
      const saved = await save(reader, /^Save/, folder.path)
      expect(basename(saved)).toBe(basename(path))
      expect(sha256File(saved)).toBe(wanted)
    }
    // Both hold everything: the publisher may go.
    await waitForCounter(publisher, 'copies', copies => copies >= 1)
    // What they did not get from the publisher they got from each other; two that are complete disconnect.
    expect(await counter(publisher, 'uploaded')).toBeLessThan(2 * size - MB)
    await publisher.getByRole('paragraph').filter({ hasText: 'You may close this tab' }).waitFor()
  })

  it('pauses without moving a byte and goes on from there', { tags: 'long', timeout: 240_000 }, async () => {
    const { path, size } = largeFile()
    const [publisher, reader] = [await person(), await person()]
    await limitUploads(publisher, RATE)
    const link = await publish(publisher, server.url, { files: [path] })
    await startDownload(reader, link)
    await waitForCounter(reader, 'downloaded', bytes => bytes > 0)
    await reader.getByRole('button', { name: 'Pause' }).click()
    await waitForState(reader, 'paused')
    await waitForCounter(publisher, 'peers', peers => peers === 0)
    const held = await counter(reader, 'downloaded')
    expect(held).toBeLessThan(size)
    await reader.getByRole('button', { name: 'Resume' }).click()
    // Back with a part of it, the reader must not count as somebody who has it all.
    expect(await waitForCounter(publisher, 'copies', copies => copies > 0)).toBeLessThan(1)
    await waitForState(reader, 'done', 150_000)
    const saved = await save(reader, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(path))
  })
})

describe('choosing single files', () => {
  it('fetches only the chosen file', async () => {
    const source = join(folder.path, 'choice')
    writeTree(source, { 'big.bin': noise(2 * MB, 5), 'small.bin': noise(MB / 2, 6) })
    const [publisher, reader] = [await person(), await person()]
    const link = await publish(publisher, server.url, { folder: source })
    await reader.goto(link)
    const choice = reader.getByRole('checkbox', { name: /big\.bin/ })
    await waitForScripts(choice)
    await choice.uncheck()
    await reader
      .getByRole('button', { name: /Download/ })
      .first()
      .click()
    await waitForState(reader, 'done')
    expect(await counter(reader, 'downloaded')).toBe(MB / 2)
    // The publisher counts what it sent twice a second; a piece at the edge belongs to both files.
    expect(await waitForCounter(publisher, 'uploaded', bytes => bytes >= MB / 2)).toBeLessThan(MB)
    const saved = await save(reader, /^Save .*small\.bin/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(join(source, 'small.bin')))
  })
})

describe('when somebody is missing', () => {
  it('waits without a publisher, says why, and starts by itself when one comes', async () => {
    const file = join(folder.path, 'later.bin')
    writeTree(folder.path, { 'later.bin': noise(2 * MB, 7) })
    const first = await person()
    const link = await publish(first, server.url, { files: [file] })
    await first.close()

    const reader = await person()
    await startDownload(reader, link)
    await reader.locator('[data-share][data-state=waiting][data-started=true]').waitFor()
    await reader.getByText('It keeps trying and starts by itself').waitFor()

    const again = await person()
    expect(await publish(again, server.url, { files: [file] })).toBe(link)
    await waitForState(reader, 'done')
    const saved = await save(reader, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(file))
  })

  it('says after a reload that this tab no longer has the files', async () => {
    writeTree(folder.path, { 'reload.bin': noise(MB, 8) })
    const publisher = await person()
    await publish(publisher, server.url, { files: [join(folder.path, 'reload.bin')] })
    await publisher.reload()
    await publisher.getByText('this tab no longer has the files').waitFor()
    await publisher.getByRole('button', { name: 'Choose the same files again' }).waitFor()
    expect(await publisher.locator('[data-share][data-state=seeding]').count()).toBe(0)
  })

  it('stops the share with a clear message when a file changed on disk', async () => {
    const file = join(folder.path, 'changing.bin')
    const size = 8 * MB
    writeTree(folder.path, { 'changing.bin': noise(size, 11) })
    const [publisher, reader] = [await person(), await person()]
    const link = await publish(publisher, server.url, { files: [file] })
    appendFileSync(file, 'one byte more')
    expect(statSync(file).size).toBeGreaterThan(size)
    await startDownload(reader, link)
    await waitForState(publisher, 'error')
    await publisher
      .getByText(/changed/i)
      .first()
      .waitFor()
    expect(await counter(reader, 'downloaded')).toBeLessThan(size)
  })
})

it('seeds several shares from one tab', { tags: 'long' }, async () => {
  const NAMES = ['one.bin', 'two.bin']
  writeTree(folder.path, { 'one.bin': noise(MB, 9), 'two.bin': noise(MB, 10) })
  const publisher = await person()
  const links: string[] = []
  await publisher.goto(server.url)
  for (const name of NAMES) {
    await publisher.locator('input[type=file]').first().setInputFiles(join(folder.path, name))
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    links.push(publisher.url())
    // Within the app: a fresh load of the page would end the first share.
    await publisher.getByRole('link', { name: 'Tabseed' }).first().click()
    await publisher.waitForURL(`${server.url}/`)
  }
  for (const [at, name] of NAMES.entries()) {
    const reader = await person()
    await startDownload(reader, links[at] ?? '')
    await waitForState(reader, 'done')
    const saved = await save(reader, /^Save/, join(folder.path, 'saved'))
    expect(sha256File(saved)).toBe(sha256File(join(folder.path, name)))
  }
})
