import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  counter,
  publish,
  save,
  startDownload,
  waitForCounter,
  waitForState,
} from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startServer } from '../../support/server/test-server.ts'

const { folder, person } = setStage()

/** Readers who come after a restart find the publisher by then. */
const FOUND_MS = 30_000

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'a server that ends by %s and comes back breaks no download, and new readers find the publisher',
  async signal => {
    const name = `${signal}.bin`
    writeTree(folder.path, { [name]: noise(40_000_000, 71) })
    const path = join(folder.path, name)
    using data = tempFolder()
    const first = await startServer(['--data', data.path])
    const publisher = await person()
    const link = await publish(publisher, first.url, { files: [path] })
    await publisher.getByText('Limits', { exact: true }).click()
    await publisher.getByLabel('Upload limit', { exact: true }).fill('4')
    const reader = await person()
    await startDownload(reader, link)
    await waitForCounter(reader, 'downloaded', bytes => bytes > 4_000_000)

    await first.stop(signal)
    // Who is connected needs no server.
    const before = await counter(reader, 'downloaded')
    await waitForCounter(reader, 'downloaded', bytes => bytes > before + 2_000_000)
    await using second = await startServer(['--data', data.path, '--port', new URL(first.url).port])
    const late = await person()
    await startDownload(late, link.replace(first.url, second.url))
    await late.waitForFunction(
      () => Number(document.querySelector('[data-share]')?.getAttribute('data-downloaded')) > 0,
      null,
      { timeout: FOUND_MS },
    )
    await publisher.getByLabel('Upload limit', { exact: true }).fill('')
    for (const page of [reader, late]) {
      await waitForState(page, 'done', 60_000)
      expect(sha256File(await save(page, /^Save/, folder.path))).toBe(sha256File(path))
    }
  },
)
