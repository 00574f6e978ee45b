import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { publish, save, startDownload, waitForState } from '../../support/browser/pages.ts'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'

const { folder, person, resident, server } = setStage({ serverArgs: ['--audience', 'link'] })

/** A person whose device decrypts the first chunk of a file, and the others when the page hears `go on`. */
async function slowReader(): Promise<Page> {
  const page = await person()
  await page.addInitScript(() => {
    const encrypt = SubtleCrypto.prototype.encrypt
    const goOn = new Promise(resolve => addEventListener('go on', resolve))
    SubtleCrypto.prototype.encrypt = async function (algorithm, ...rest) {
      const { counter, name } = algorithm as AesCtrParams
      // The counter's last eight bytes: the block of the content. A chunk of 1 MiB has 65,536.
      const bytes =
        name === 'AES-CTR' ? new Uint8Array(counter as Uint8Array<ArrayBuffer>) : new Uint8Array(16)
      if (new DataView(bytes.buffer).getBigUint64(8) >= 65_536n) await goOn
      return encrypt.call(this, algorithm, ...rest)
    }
  })
  return page
}

it('one big file of an encrypted share: progress while it is decrypted, and a cancel claims nothing', async () => {
  const path = join(folder.path, 'big.bin')
  const length = 3_000_000
  writeTree(folder.path, { 'big.bin': noise(length, 21) })
  const link = await publish(await resident(), server.url, { files: [path] })
  const reader = await slowReader()
  const begun = reader.waitForEvent('download')
  await startDownload(reader, link)
  await waitForState(reader, 'done')

  // It is saved by itself.
  const bar = reader.getByRole('progressbar', { name: 'Saving big.bin' })
  await bar.waitFor()
  const saving = reader.locator('[data-saving]')
  expect(Number(await saving.getAttribute('data-saving'))).toBeCloseTo(2 ** 20 / length, 5)
  expect(await saving.textContent()).toMatch(/1\.05\sMB of 3\sMB saved · .+ left/)
  const download = await begun
  await saving.getByRole('button', { name: 'Cancel saving' }).click()
  expect(await download.failure()).not.toBeNull()
  await reader.getByRole('button', { name: /^Save big\.bin/ }).waitFor()
  expect(await reader.locator('[data-saved], [data-error], [data-saving]').count()).toBe(0)

  // Nor does anything of it stay in the record.
  await reader.reload()
  await waitForState(reader, 'done')
  await reader.getByRole('button', { name: /^Save big\.bin/ }).waitFor()
  expect(await reader.locator('[data-saved]').count()).toBe(0)

  const saved = save(reader, /^Save big\.bin/, join(folder.path, 'saved'))
  await bar.waitFor()
  expect(await reader.locator('[data-saved]').count()).toBe(0)
  await reader.evaluate(() => dispatchEvent(new Event('go on')))
  expect(sha256File(await saved)).toBe(sha256File(path))
  await reader.locator('[data-saved=file]').waitFor()
  expect(await reader.locator('[data-saving]').count()).toBe(0)
})
