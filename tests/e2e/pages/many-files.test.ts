import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { createdShareSchema } from '../../../lib/protocol/share.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { setStage } from '../../support/browser/stage.ts'
import { postTorrent } from '../../support/content/shares.ts'

const { person, server } = setStage()
const COUNT = 1_500

it('the page of a share of very many files comes without them, and asks for them itself', async () => {
  const files = Array.from({ length: COUNT }, (_, index) => ({ path: [`${index}.txt`], length: 1 }))
  const pieces = createHash('sha1').update('x'.repeat(COUNT)).digest()
  const infoBytes = encodeInfo({ name: 'many', pieceLength: 16_384, pieces, private: false, files })
  const answer = await postTorrent(server.url, encodeTorrent({ infoBytes, announceList: [] }))
  const { share } = createdShareSchema.parse(await answer.json())

  const html = await (await fetch(share.links.page)).text()
  expect(html).toContain('1,500 files')
  expect(html).not.toContain('1499.txt')

  const page = await person()
  const api = `**/api/shares/${share.infoHash}`
  await page.route(api, route => route.abort())
  await page.goto(share.links.page)
  await page.locator('[data-error=server_unreachable]').waitFor()
  await page.unroute(api)
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('button', { name: /^Download/ }).waitFor()
  await page.getByText('0.txt', { exact: true }).waitFor()
})
