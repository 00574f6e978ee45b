import { execFileSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, test } from 'vitest'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { infoHashOf, NEVER_CERTAIN, QUICK, TestPublishFolder } from '../../support/server/publish-folder.ts'

let root: string
let folder: TestPublishFolder | null
beforeEach(() => {
  const temporary = tempFolder()
  root = temporary.path
  folder = null
  return async () => {
    await folder?.close()
    temporary[Symbol.dispose]()
  }
})

const at = (...path: string[]) => join(root, 'publish', ...path)
const open = async (times = QUICK) => {
  folder = await TestPublishFolder.open(root, times)
  return folder
}
const notUtf8 = (...path: string[]) =>
  Buffer.concat([Buffer.from(at(...path)), Buffer.from('caf\xe9.txt', 'latin1')])

/** Publishes `name`, and gives the share terms of its own. */
async function publishUnlisted(folder: TestPublishFolder, name: string) {
  const infoHash = await infoHashOf(at(name))
  await folder.has(name)
  const words = { title: 'Release 5', description: 'for friends', listed: false }
  await folder.shares.update(infoHash, words, 'operator')
  return {
    infoHash,
    share: await folder.find(infoHash),
    key: await folder.stores.shares.findOwnerKeyHash(infoHash),
  }
}

describe('what is missing', () => {
  it('is not offered, keeps its link while nothing is certain, and is offered again without hashing', async () => {
    const folder = await open(NEVER_CERTAIN)
    writeTree(at(), { 'image.iso': 'content' })
    const { infoHash, share } = await publishUnlisted(folder, 'image.iso')
    renameSync(at(), `${at()}.off`)
    await folder.offers(infoHash, false)
    mkdirSync(at())
    await folder.looked()
    expect(folder.isOffered(infoHash)).toBe(false)
    rmSync(at(), { recursive: true })
    renameSync(`${at()}.off`, at())
    await folder.offers(infoHash)
    expect(await folder.find(infoHash)).toEqual(share)
    expect(folder.lines('published from the publish folder')).toHaveLength(1)
    expect(folder.lines('cannot be read', 'ENOENT').length).toBeLessThanOrEqual(2)
  })

  it('is taken back when that is certain, with a line, and comes back with all that its owner had set', async () => {
    const folder = await open()
    writeTree(at(), { 'set/a.txt': 'a', 'set/b.txt': 'b', 'other.txt': 'o' })
    await folder.has('set', 'other.txt')
    unlinkSync(at('other.txt'))
    await folder.has('set')
    const { infoHash, share, key } = await publishUnlisted(folder, 'set')
    renameSync(at('set'), join(root, 'away'))
    await folder.has()
    expect(folder.lines('taken back', '"name":"set"', '"reason":"removed"', infoHash)).toHaveLength(1)

    renameSync(join(root, 'away'), at('set'))
    await folder.has('set')
    const { updatedAt: _, ...back } = (await folder.find(infoHash)) ?? {}
    expect(share).toMatchObject(back)
    expect(await folder.stores.shares.findOwnerKeyHash(infoHash)).toEqual(key)
    await folder.offers(infoHash)
  })

  it('comes back so after a restart too', async () => {
    let folder = await open()
    writeTree(at(), { 'set/a.txt': 'a' })
    const { infoHash, key } = await publishUnlisted(folder, 'set')
    renameSync(at('set'), join(root, 'away'))
    await folder.has()
    await folder.close()
    folder = await open()
    renameSync(join(root, 'away'), at('set'))
    await folder.has('set')
    expect(await folder.find(infoHash)).toMatchObject({ title: 'Release 5', listed: false })
    expect(await folder.stores.shares.findOwnerKeyHash(infoHash)).toEqual(key)
  })

  it('is not taken back at a start with an empty folder on another disk, nor with none', async () => {
    writeTree(at(), { 'image.iso': 'content' })
    let folder = await open()
    const { infoHash } = await publishUnlisted(folder, 'image.iso')
    await folder.close()

    renameSync(at(), `${at()}.off`)
    folder = await TestPublishFolder.open(root, { ...QUICK, certain: 0 }, { create: 'nothing' })
    await folder.says('cannot be read', 'ENOENT')
    // As an unmounted disk's mount point is: there, empty, on another device.
    const mountPoint = mkdtempSync('/dev/shm/tabseed-test-')
    try {
      symlinkSync(mountPoint, at())
      await folder.says('on another disk')
      await folder.looked()
      expect(folder.isOffered(infoHash)).toBe(false)
      expect(await folder.find(infoHash)).toMatchObject({ title: 'Release 5', listed: false })

      // A program goes on writing into the mount point while the disk is away.
      writeFileSync(join(mountPoint, 'new.txt'), 'new')
      await folder.has('image.iso', 'new.txt')
      await folder.looked()
      expect(await folder.names()).toEqual(['image.iso', 'new.txt'])

      // The disk is back; what was written into its mount point is below it now.
      rmSync(at())
      renameSync(`${at()}.off`, at())
      await folder.offers(infoHash)
      await folder.looked()
      expect(await folder.names()).toEqual(['image.iso', 'new.txt'])
      expect(folder.lines('taken back', '"reason"')).toEqual([])
    } finally {
      rmSync(mountPoint, { recursive: true })
      await folder.close()
    }
  })

  it('is taken back from another disk when the rest of what was published is there: the folder has moved', async () => {
    writeTree(at(), { 'image.iso': 'content', 'other.txt': 'other' })
    // Whole seconds are the same in every copy.
    for (const name of ['image.iso', 'other.txt']) utimesSync(at(name), 1_700_000_000, 1_700_000_000)
    let folder = await open()
    await folder.has('image.iso', 'other.txt')
    await folder.close()
    const disk = mkdtempSync('/dev/shm/tabseed-test-')
    try {
      cpSync(at(), disk, { recursive: true, preserveTimestamps: true })
      rmSync(at(), { recursive: true })
      symlinkSync(disk, at())
      folder = await open()
      await folder.has('image.iso', 'other.txt')
      unlinkSync(join(disk, 'other.txt'))
      await folder.has('image.iso')
    } finally {
      rmSync(disk, { recursive: true })
      await folder.close()
    }
  })

  it('is an error at the first start, when nothing of it was ever published', async () => {
    const opened = TestPublishFolder.open(root, QUICK, { create: 'nothing' })
    await expect(opened).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('what changes', () => {
  it('becomes another share on the same terms, and the old one ends when the new one is there', async () => {
    const folder = await open()
    writeTree(at(), { 'notes.txt': 'first' })
    const { infoHash } = await publishUnlisted(folder, 'notes.txt')
    const writer = openSync(at('notes.txt'), 'w')
    writeSync(writer, 'second, which is longer')
    await folder.offers(infoHash, false)
    await folder.looked()
    expect(await folder.find(infoHash)).toBeDefined()
    closeSync(writer)
    const next = await infoHashOf(at('notes.txt'))
    await folder.says('published from the publish folder', next)
    expect(folder.isOffered(next)).toBe(true)
    expect(await folder.find(next)).toMatchObject({ title: 'Release 5', listed: false })
    await folder.says('taken back', '"reason":"changed"', infoHash)
    expect(await folder.names()).toEqual(['notes.txt'])
  })

  it('and changes back is the old share again', async () => {
    const folder = await open(NEVER_CERTAIN)
    writeTree(at(), { 'set/a.txt': 'a', 'set/disk/b.txt': 'b' })
    const { infoHash, share } = await publishUnlisted(folder, 'set')
    renameSync(at('set/disk'), join(root, 'disk'))
    await folder.offers(infoHash, false)
    renameSync(join(root, 'disk'), at('set/disk'))
    await folder.offers(infoHash)
    expect(await folder.find(infoHash)).toEqual(share)
  })
})

describe('names that cannot be published', () => {
  it.each([
    ['that are not UTF-8', () => writeFileSync(notUtf8('set/'), 'x'), 'not-utf8'],
    ['with a backslash', () => writeFileSync(at('set/a\\b.txt'), 'x'), 'name'],
    ['with a line break', () => writeFileSync(at('set/a\nb.txt'), 'x'), 'name'],
    ['that are not UTF-8, of a folder', () => mkdirSync(notUtf8('set/')), 'not-utf8'],
    ['that are not UTF-8, at the top', () => writeFileSync(notUtf8('/'), 'x'), 'not-utf8'],
    ['with a control character, at the top', () => writeTree(at(), { 'odd\u0001/x.txt': 'x' }), 'name'],
  ])('%s are passed over with one line, and what is around them stays', async (_, spoil, reason) => {
    writeTree(at(), { 'set/a.txt': 'a', 'set/b.txt': 'b' })
    const folder = await open()
    const { infoHash, share } = await publishUnlisted(folder, 'set')
    spoil()
    await folder.says('passed over', `"reason":"${reason}"`)
    writeTree(at(), { 'later.txt': 'later' })
    await folder.has('set', 'later.txt')
    await folder.looked()
    expect(folder.lines(`"reason":"${reason}"`)).toHaveLength(1)
    expect(await folder.find(infoHash)).toEqual(share)
    expect(folder.isOffered(infoHash)).toBe(true)
    expect(folder.lines('taken back')).toEqual([])
  })
})

test('links, pipes and links to nothing are passed over with a line each, and never opened', async () => {
  writeTree(root, { 'secret/key.txt': 'secret' })
  writeTree(at(), { 'set/a.txt': 'a' })
  symlinkSync('../../secret/key.txt', at('set/key.txt'))
  symlinkSync('../secret', at('link'))
  symlinkSync('nowhere', at('set/gone'))
  symlinkSync('.', at('set/again'))
  execFileSync('mkfifo', [at('pipe'), at('set/pipe')])
  const folder = await open()
  await folder.has('set')
  const [infoHash] = await folder.stores.shares.listInfoHashes()
  expect((await folder.find(infoHash as never))?.content.files).toMatchObject([{ path: 'a.txt' }])
  expect(folder.lines('passed over', '"reason":"link"')).toHaveLength(4)
  expect(folder.lines('passed over', '"reason":"special"')).toHaveLength(2)
})

describe('what is not finished', () => {
  it('is not published while anything in it changes, even what is left out, or is replaced', async () => {
    const folder = await open({ ...QUICK, settled: 700 })
    writeTree(at(), { 'set/a.txt': 'a', 'one.bin': 'one' })
    const { mtime } = { mtime: new Date(1_700_000_000_000) }
    for (let time = 0; time < 12; time++) {
      writeFileSync(at('set/b.part'), 'x'.repeat(time))
      // The same size and time, another file.
      writeFileSync(join(root, 'other'), 'one')
      utimesSync(join(root, 'other'), mtime, mtime)
      renameSync(join(root, 'other'), at('one.bin'))
      await new Promise(resolve => setTimeout(resolve, 100))
      expect(await folder.names()).toEqual([])
    }
    await folder.has('one.bin', 'set')
    const share = await folder.find(await infoHashOf(at('one.bin')))
    expect(share).toBeDefined()
    expect(folder.lines('passed over', 'b.part')).toHaveLength(1)
  })

  it.runIf(process.platform === 'linux')(
    'is not published while a program has it open to write',
    async () => {
      const folder = await open()
      mkdirSync(at('set'))
      const writer = openSync(at('set/a.bin'), 'a')
      writeSync(writer, 'first half, ')
      writeTree(at(), { 'closed.txt': 'x' })
      const reader = openSync(at('closed.txt'), 'r')
      await folder.has('closed.txt')
      await folder.says('a program has it open for writing', 'a.bin')
      writeSync(writer, 'second half')
      closeSync(writer)
      await folder.has('closed.txt', 'set')
      closeSync(reader)
      expect(await folder.find(await infoHashOf(at('set')))).toBeDefined()
    },
  )

  it('is not published beside its control file', async () => {
    writeTree(at(), {
      'x.iso': 'half',
      'x.iso.aria2': 'c',
      'set/y.bin': 'half',
      'set/y.bin.aria2': 'c',
      'set/z': 'z',
    })
    writeTree(at(), { 'folder/a': 'half', 'folder.aria2': 'c' })
    const folder = await open()
    await folder.has('set')
    await folder.looked()
    const [infoHash] = await folder.stores.shares.listInfoHashes()
    expect((await folder.find(infoHash as never))?.content.files).toMatchObject([{ path: 'z' }])
    for (const name of ['x.iso.aria2', 'set/y.bin.aria2', 'folder.aria2']) unlinkSync(at(name))
    await folder.has('set', 'x.iso', 'folder')
    await folder.offers(await infoHashOf(at('set')))
  })
})

test('a small file is published, and a removed one withheld, while a large one is hashed', async () => {
  const folder = await open({ ...QUICK, certain: 200 })
  writeTree(at(), { 'old.txt': 'old' })
  const old = await infoHashOf(at('old.txt'))
  await folder.offers(old)
  writeFileSync(at('large.img'), '')
  truncateSync(at('large.img'), 8 * 1024 ** 3)
  await new Promise(resolve => setTimeout(resolve, 500))
  writeTree(at(), { 'small.txt': 'small' })
  unlinkSync(at('old.txt'))
  await folder.has('small.txt')
  expect(folder.isOffered(old)).toBe(false)
  // Gone while it is hashed: nobody waits for that.
  unlinkSync(at('large.img'))
  writeTree(at(), { 'large.img': 'now small' })
  await folder.has('small.txt', 'large.img')
})
