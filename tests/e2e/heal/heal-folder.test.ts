import { execFileSync } from 'node:child_process'
import { cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { damaged, onRepairPage, pieces } from '../../support/browser/heal.ts'
import { save, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, sha256Tree, writeTree } from '../../support/content/fixtures.ts'

const MB = 1024 * 1024
/** Of the bad pieces' bytes, on top: headers and a piece that two peers were asked for. */
const OVERHEAD = 1.02

const stage = setStage()
const { folder, person, publisher, server } = stage
const { checkAgainst, repairAsNew } = onRepairPage(stage)

describe('a folder', () => {
  const tree = {
    'a.bin': noise(3 * MB, 20),
    'day 1/b.bin': noise(4 * MB, 21),
    'day 2/c.bin': noise(70_001, 22),
  }

  async function publishedTree(name: string) {
    const source = join(folder.path, 'original', name)
    writeTree(source, tree)
    const share = await publisher().publish(source)
    const copy = join(folder.path, 'copy', name)
    cpSync(source, copy, { recursive: true })
    return { share, source, link: share.link, copy, pieceLength: share.metainfo.pieceLength }
  }

  it('with a missing and a damaged file: both are repaired, and a file that does not belong is named', async () => {
    const { source, link, copy, pieceLength } = await publishedTree('trip')
    rmSync(join(copy, 'a.bin'))
    writeFileSync(join(copy, 'day 1/b.bin'), damaged(tree['day 1/b.bin'], pieceLength, [9]))
    writeFileSync(join(copy, 'extra.txt'), 'mine')
    const healer = await person()
    await healer.goto(`${server.url}/heal?share=${link.slice(-40)}`)
    await healer.getByLabel('Your folder').setInputFiles(copy)
    await pieces(healer)
    expect(await healer.locator('[data-file-state=missing]').textContent()).toContain('a.bin')
    expect(await healer.locator('[data-file-state=damaged]').textContent()).toContain('day 1/b.bin')
    expect(await healer.locator('[data-extra-files]').textContent()).toContain('extra.txt')
    await healer.getByRole('button', { name: /^Repair: / }).click()
    await waitForState(healer, 'done')
    const zip = await save(healer, /^Save everything/, folder.path)
    const unpacked = join(folder.path, 'unpacked')
    execFileSync('python3', ['-m', 'zipfile', '-e', zip, unpacked])
    expect(sha256Tree(join(unpacked, 'trip'))).toEqual(sha256Tree(source))
  })

  it('is repaired as it lies there where the browser lends it, and gets its missing files back', async () => {
    const { link, source, pieceLength } = await publishedTree('lent trip')
    const healer = await person()
    await healer.goto(`${server.url}/heal?share=${link.slice(-40)}`)
    await healer.evaluate(
      async ([a, b]) => {
        const root = await navigator.storage.getDirectory()
        // The share's folder has another name here.
        const trip = await root.getDirectoryHandle('old trip', { create: true })
        const day = await trip.getDirectoryHandle('day 1', { create: true })
        for (const [parent, name, text] of [
          [trip, 'a.bin', a],
          [day, 'b.bin', b],
        ] as const) {
          const writable = await (await parent.getFileHandle(name, { create: true })).createWritable()
          await writable.write(Uint8Array.from(atob(text), char => char.charCodeAt(0)))
          await writable.close()
        }
        Object.assign(window, { showDirectoryPicker: async () => trip })
      },
      [
        Buffer.from(tree['a.bin']).toString('base64'),
        Buffer.from(damaged(tree['day 1/b.bin'], pieceLength, [9])).toString('base64'),
      ] as const,
    )
    await healer.getByLabel('Your folder').click()
    await pieces(healer)
    await healer.getByRole('button', { name: /^Repair in place/ }).click()
    await healer.locator('[data-saved=in-place]').waitFor()
    const digests = await healer.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const trip = await root.getDirectoryHandle('old trip')
      const digest = async (folder: string | null, name: string) => {
        const parent = folder === null ? trip : await trip.getDirectoryHandle(folder)
        const file = await (await parent.getFileHandle(name)).getFile()
        const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
        return Array.from(sha256, byte => byte.toString(16).padStart(2, '0')).join('')
      }
      return {
        'a.bin': await digest(null, 'a.bin'),
        'day 1/b.bin': await digest('day 1', 'b.bin'),
        'day 2/c.bin': await digest('day 2', 'c.bin'),
      }
    })
    expect(digests).toEqual(sha256Tree(source))
  })

  it('of which one file is handed in: only that one is repaired', async () => {
    const { share, source, link, copy, pieceLength } = await publishedTree('single')
    truncateSync(join(copy, 'day 1/b.bin'), MB)
    const healer = await person()
    await checkAgainst(healer, link, join(copy, 'day 1/b.bin'))
    const repaired = await repairAsNew(healer)
    expect(sha256File(repaired)).toBe(sha256File(join(source, 'day 1/b.bin')))
    expect(share.uploaded()).toBeLessThanOrEqual((3 * MB + 2 * pieceLength) * OVERHEAD)
  })
})
