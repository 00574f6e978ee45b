import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { setStage } from '../../support/browser/stage.ts'
import { askToKeep } from '../../support/clients/node-publisher.ts'
import { noise, sha256File, sha256Tree, writeTree } from '../../support/content/fixtures.ts'
import { makeSound } from '../../support/content/sound.ts'
import { DISKS, type Disk, launchWebKit, type WebKit } from '../../support/webkit/webkit.ts'

const LIMIT_MS = 120_000
const FILE = 'grüße #1.bin'
const SIZE = 3_000_001
const SOUND_SECONDS = 60
/** Its code looks at the disk as it is loaded. */
const FROM_WEBTORRENT = /CONSOLE ERROR UnknownError: The operation failed/
const MISSING = 'This browser cannot connect to other browsers (WebRTC is missing or turned off)'

/** WebKit on macOS has another driver. */
const onLinux = describe.skipIf(process.platform !== 'linux')

const { folder, publisher, server } = setStage({
  serverArgs: ['--seeder', 'on', '--seeder-port', '0', '--listed', 'always'],
})
const original = (name: string) => join(folder.path, 'original', name)

/** Info hashes of shares that the server alone has. */
const kept = { file: '', tree: '' }
beforeAll(async () => {
  writeTree(join(folder.path, 'original'), {
    [FILE]: noise(SIZE, 71),
    'mixed/words.txt': 'Grüße aus dem Baum\n',
    'mixed/tone.wav': makeSound(SOUND_SECONDS),
    'mixed/film.mp4': noise(10_000, 72),
    'mixed/deep/more.bin': noise(500_000, 73),
  })
  kept.file = await keepOnServer(FILE)
  kept.tree = await keepOnServer('mixed')
})

/** Publish it, wait until the server has a copy, and leave. */
async function keepOnServer(name: string): Promise<string> {
  const { leave, metainfo, ownerKey } = await publisher().publish(original(name))
  expect((await askToKeep(server.url, metainfo, ownerKey)).ok).toBe(true)
  const isOffered = async () => {
    const share = await (await fetch(`${server.url}/api/shares/${metainfo.infoHash}`)).json()
    expect((share as { webSeeds: unknown }).webSeeds, `${name} on the server`).toHaveLength(1)
  }
  await vi.waitFor(isOffered, { timeout: LIMIT_MS, interval: 100 })
  await leave()
  return metainfo.infoHash
}

const pageOf = (infoHash: string) => `${server.url}/d/${infoHash}`

let webkit: WebKit | undefined
let opened = 0
async function open(disk: Disk): Promise<WebKit> {
  webkit = await launchWebKit({ folder: join(folder.path, `webkit-${opened++}`), disk })
  return webkit
}
afterEach(async () => {
  await webkit?.close()
  webkit = undefined
})

/** Resolves with the path of `name` when it was saved whole. */
async function savedFile({ saved }: WebKit, name: string): Promise<string> {
  const path = join(saved, name)
  await vi.waitFor(() => expect(existsSync(path), `${name} is saved`).toBe(true), {
    timeout: LIMIT_MS,
    interval: 100,
  })
  return path
}

/** Press Download on the page of the share of one file, and compare what is saved by itself. */
async function downloadFile(webkit: WebKit): Promise<void> {
  const { page } = webkit
  await page.goto(pageOf(kept.file))
  await page.press('Download')
  await page.stateIs('done')
  const path = await savedFile(webkit, FILE)
  expect(sha256File(path)).toBe(sha256File(original(FILE)))
  expect(await page.attribute('[data-share]', 'data-from-web-seeds')).toBe(String(SIZE))
  rmSync(path)
}

/** Go to the library, which has the share of one file; resolves with how many bytes of it are on the disk. */
async function storedInLibrary({ page }: WebKit): Promise<number> {
  await page.goto(`${server.url}/library`)
  await page.has(`[data-share="${kept.file}"][data-kind=finished]`)
  return Number(await page.attribute(`[data-share="${kept.file}"]`, 'data-stored'))
}

onLinux('with what the server has', () => {
  it('every page is shown, without an error in the console', async () => {
    const { complaints, page } = await open('refused')
    const pages = {
      '/': '[data-error=webrtc_missing]',
      '/library': '[data-library="0"]',
      '/heal': '[data-heal=choose]',
      '/doctor': '[data-doctor=done]',
      '/status': 'table',
      [`/status/${kept.tree}`]: '[data-history]',
      [`/d/${kept.tree}`]: '[data-server-only]',
    }
    for (const [path, shown] of Object.entries(pages)) {
      await page.goto(server.url + path)
      await page.has(shown)
      expect(await page.text(), path).not.toContain('This page stopped working')
      expect(complaints(), path).toEqual([])
    }
  }, 180_000)

  it('several files are saved as one zip', { tags: 'long', timeout: 180_000 }, async () => {
    const webkit = await open('refused')
    const { complaints, page } = webkit
    await page.goto(pageOf(kept.tree))
    await page.press('Download')
    await page.stateIs('done')
    await page.press('Save as zip')
    const zip = await savedFile(webkit, 'mixed.zip')
    const unpacked = join(folder.path, `unpacked-${opened}`)
    mkdirSync(unpacked)
    execFileSync('unzip', ['-q', zip, '-d', unpacked])
    expect(sha256Tree(join(unpacked, 'mixed'))).toEqual(sha256Tree(original('mixed')))
    await page.shows('Saved to your downloads')
    expect(complaints()).toEqual([])
  })

  it('text and sound are shown while they arrive, and what it cannot play is not offered', {
    tags: 'long',
    timeout: 180_000,
  }, async () => {
    const { page } = await open('refused')
    await page.goto(pageOf(kept.tree))
    await page.press('Show words.txt')
    await page.shows('Grüße aus dem Baum')
    await page.press('Close the player')
    const hasFilms = await page.evaluate(
      () => document.createElement('video').canPlayType('video/mp4') !== '',
    )
    expect((await page.pressable()).includes('Play film.mp4')).toBe(hasFilms)

    await page.press('Play tone.wav')
    await page.waitFor('the beginning of the sound', () => {
      const audio = document.querySelector('audio')
      return audio !== null && audio.readyState >= 2 && Math.round(audio.duration)
    })
    await page.evaluate(at => {
      const audio = document.querySelector('audio')
      if (audio) audio.currentTime = at
    }, 0.8 * SOUND_SECONDS)
    await page.waitFor(
      'the sound at 80 %',
      at => {
        const audio = document.querySelector('audio')
        return audio !== null && !audio.seeking && audio.currentTime >= at && audio.readyState >= 2
      },
      0.8 * SOUND_SECONDS,
    )
  })
})

onLinux('without a disk', () => {
  it.each(DISKS)(
    'a file comes from the server and is saved, and the library has it (%s)',
    async disk => {
      const webkit = await open(disk)
      await downloadFile(webkit)
      expect(await storedInLibrary(webkit)).toBe(0)
      await webkit.page.goto(`${server.url}/doctor`)
      await webkit.page.has('[data-check=storage][data-cause=storageMissing]')
      expect(webkit.complaints().filter(line => !FROM_WEBTORRENT.test(line))).toEqual([])
    },
    180_000,
  )
})

onLinux('without WebRTC, which no WebKit of Debian has', () => {
  /** Nobody but people has it. */
  let link: string
  beforeAll(async () => {
    writeTree(folder.path, { 'only people/a.txt': 'from people', 'only people/b.bin': noise(400_000, 74) })
    link = (await publisher().publish(join(folder.path, 'only people'))).link
  })

  it('every page says what it lacks and what to do, and offers nothing that cannot work', {
    tags: 'long',
    timeout: 180_000,
  }, async () => {
    const { page } = await open('refused')
    expect(await page.evaluate(() => typeof RTCPeerConnection), 'else it takes part: test that').toBe(
      'undefined',
    )
    await page.goto(server.url)
    await page.shows(MISSING)
    await page.shows('Use a current Firefox')
    expect((await page.pressable()).filter(name => /^Choose/.test(name))).toEqual([])

    await page.goto(link)
    await page.shows(MISSING)
    await page.press('More')
    const names = await page.pressable()
    expect(
      names.filter(name => /^(?:Download|Play|Show|Try|Get (?!the \.torrent)|Repair:)/.test(name)),
    ).toEqual([])

    await page.goto(`${server.url}/doctor`)
    await page.has('[data-check=webrtc][data-cause=webrtcMissing]')
    await page.has('[data-doctor=done]')
    expect((await page.pressable()).filter(name => /^How you connect/.test(name))).toEqual([])
  })

  it('a copy is checked, and a repair that would need people is not offered', {
    tags: 'long',
    timeout: 180_000,
  }, async () => {
    const { page } = await open('refused')
    writeTree(folder.path, { 'hurt/b.bin': noise(300_000, 74) })
    await page.goto(`${server.url}/heal?share=${link.slice(-40)}`)
    await page.choose('input[aria-label="Your copy"]', join(folder.path, 'hurt/b.bin'))
    await page.has('[data-bad-pieces]')
    await page.shows(MISSING)
    expect((await page.pressable()).filter(name => /^Repair:/.test(name))).toEqual([])
  })
})
