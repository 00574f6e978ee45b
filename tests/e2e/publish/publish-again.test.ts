import { appendFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  counter,
  limitUploads,
  publish,
  save,
  startDownload,
  waitForCounter,
  waitForState,
} from '../../support/browser/pages.ts'
import {
  chooseAgain,
  onPublications,
  piecesChecked,
  restorePanel,
  SPOT_CHECK_MAX,
  seeding,
} from '../../support/browser/restore.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const MB = 1024 * 1024

const stage = setStage()
const { folder, person, server } = stage
const { publishAndReload, writeFile } = onPublications(stage)

describe('after a reload, choosing the same files again', () => {
  it('seeds at once after looking at a few pieces, and a waiting reader goes on', async () => {
    const file = writeFile('again.bin', 5 * MB, 1)
    const [publisher, reader] = [await person(), await person()]
    await limitUploads(publisher, 0.4 * MB)
    const link = await publish(publisher, server.url, { files: [file] })
    await startDownload(reader, link)
    await waitForCounter(reader, 'downloaded', bytes => bytes > 0)
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await waitForCounter(reader, 'peers', peers => peers === 0)
    expect(await counter(reader, 'downloaded')).toBeLessThan(5 * MB)

    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    const checked = await piecesChecked(publisher)
    expect(checked).toBeLessThanOrEqual(SPOT_CHECK_MAX)
    await publisher.locator('summary', { hasText: 'Speed limits' }).click()
    await publisher.getByRole('spinbutton', { name: 'Upload limit for all shares' }).fill('')
    await waitForState(reader, 'done', 60_000)
    const saved = await save(reader, /^Save/, folder.path)
    expect(sha256File(saved)).toBe(sha256File(file))
  })

  it('takes a folder, and its files without the folder', async () => {
    const source = join(folder.path, 'trip')
    writeTree(source, { 'a.bin': noise(MB, 2), 'day 1/b.bin': noise(MB, 3), 'day 2/c.bin': noise(10, 4) })
    const publisher = await person()
    const link = await publishAndReload(publisher, { folder: source })
    await publisher
      .getByLabel('Choose the same folder again')
      .and(publisher.locator('input'))
      .setInputFiles(source)
    await waitForState(publisher, 'seeding')

    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, [join(source, 'a.bin'), join(source, 'day 1/b.bin')])
    await publisher.getByText('This file was not among the chosen ones').waitFor()
    await publisher.getByText('day 2/c.bin').first().waitFor()
    await chooseAgain(
      publisher,
      ['day 2/c.bin', 'a.bin', 'day 1/b.bin'].map(path => join(source, path)),
    )
    await waitForState(publisher, 'seeding')
    expect(publisher.url()).toBe(link)
  })

  it('accepts a file whose date changed and a renamed one after checking every piece', {
    tags: 'long',
  }, async () => {
    const file = writeFile('touched.bin', 2 * MB, 5)
    const publisher = await person()
    await publishAndReload(publisher, { files: [file] })
    utimesSync(file, new Date(), new Date(Date.now() - 86_400_000))
    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    const all = await piecesChecked(publisher)
    expect(all).toBeGreaterThan(SPOT_CHECK_MAX)

    // The new date was noted: the next time a spot check is enough.
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeLessThanOrEqual(SPOT_CHECK_MAX)

    const renamed = join(folder.path, 'other name.bin')
    renameSync(file, renamed)
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, renamed)
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBe(all)
  })

  it('refuses a file of another size without reading it', async () => {
    const file = writeFile('grown.bin', 4 * MB, 8)
    const publisher = await person()
    await publishAndReload(publisher, { files: [file] })
    appendFileSync(file, 'more')
    await chooseAgain(publisher, file)
    await restorePanel(publisher, 'changed').getByText('grown.bin').waitFor()
    expect(await seeding(publisher).count()).toBe(0)
  })

  it('refuses a changed file by name and publishes it as a new share with the words of the old one', async () => {
    const source = join(folder.path, 'edited')
    writeTree(source, { 'kept.bin': noise(2 * MB, 6), 'edited.bin': noise(2 * MB, 7) })
    const publisher = await person()
    await publisher.goto(server.url)
    await publisher.locator('input[type=file][webkitdirectory]').first().setInputFiles(source)
    await publisher.getByText('More options').click()
    await publisher.getByLabel('Title').fill('A fine title')
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    const link = publisher.url()
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    const edited = noise(2 * MB, 7)
    // Same size, one byte another.
    edited.set([255 - (edited[MB] ?? 0)], MB)
    writeFileSync(join(source, 'edited.bin'), edited)
    await publisher
      .getByLabel('Choose the same folder again')
      .and(publisher.locator('input'))
      .setInputFiles(source)
    const refused = restorePanel(publisher, 'changed')
    await refused.getByRole('listitem').filter({ hasText: 'edited.bin' }).waitFor()
    expect(await refused.getByRole('listitem').count()).toBe(1)
    expect(await seeding(publisher).count()).toBe(0)

    await refused.getByRole('button', { name: 'Publish as a new share' }).click()
    await publisher.getByRole('heading', { name: 'edited' }).waitFor()
    await publisher.getByText('More options').click()
    expect(await publisher.getByLabel('Title').inputValue()).toBe('A fine title')
    await publisher.getByRole('button', { name: /^Publish/ }).click()
    await waitForState(publisher, 'seeding')
    expect(publisher.url()).not.toBe(link)
  })

  it('recognises the files by their bytes where the browser lost its record', async () => {
    const file = writeFile('evicted.bin', 2 * MB, 9)
    const publisher = await person()
    await publish(publisher, server.url, { files: [file] })
    await publisher.evaluate(() => indexedDB.deleteDatabase('tabseed-kept-shares') && undefined)
    await publisher.reload()
    await restorePanel(publisher, 'needs-files').waitFor()
    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    expect(await piecesChecked(publisher)).toBeGreaterThan(SPOT_CHECK_MAX)
  })
})

it('is not downloaded over its own record, unless the person says that the files are lost', {
  tags: 'long',
}, async () => {
  const file = writeFile('own.bin', MB, 17)
  const [publisher, reader] = [await person(), await person()]
  const link = await publish(publisher, server.url, { files: [file] })
  await startDownload(reader, link)
  await waitForState(reader, 'done')
  await publisher.reload()
  await restorePanel(publisher, 'needs-files').waitFor()
  const download = publisher.getByRole('button', { name: /^Download/ })
  await download.waitFor({ state: 'detached' })
  await chooseAgain(publisher, file)
  await waitForState(publisher, 'seeding')

  await publisher.reload()
  await publisher.getByRole('button', { name: 'I no longer have these files' }).click()
  await download.click()
  await waitForState(publisher, 'done')
  expect(await counter(publisher, 'downloaded')).toBe(MB)
})

describe('a file that changes while it is shared', () => {
  it('can be put back, and the same link goes on', { tags: 'long' }, async () => {
    const file = writeFile('moved.bin', 2 * MB, 10)
    const [publisher, reader] = [await person(), await person()]
    const link = await publish(publisher, server.url, { files: [file] })
    const elsewhere = `${file}.away`
    renameSync(file, elsewhere)
    await startDownload(reader, link)
    await waitForState(publisher, 'error')
    await restorePanel(publisher, 'needs-files').waitFor()
    renameSync(elsewhere, file)
    await chooseAgain(publisher, file)
    await waitForState(publisher, 'seeding')
    await waitForState(reader, 'done')
    expect(publisher.url()).toBe(link)
  })
})
