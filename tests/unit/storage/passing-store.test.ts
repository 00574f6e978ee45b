import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { PassingStore } from '../../../lib/storage/passing-store.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { hasPiece } from '../../../lib/torrent/piece-map.ts'
import { noise } from '../../support/content/fixtures.ts'

const PIECE = 16 * 1024

it('releases every piece up to the one its reader is past', async () => {
  const content = noise(4 * PIECE, 3)
  const pieces = [0, 1, 2, 3].map(index => content.slice(index * PIECE, (index + 1) * PIECE))
  const infoBytes = encodeInfo({
    name: 'content',
    pieceLength: PIECE,
    pieces: Buffer.concat(pieces.map(piece => createHash('sha1').update(piece).digest())),
    private: false,
    length: content.length,
  })
  const store = new PassingStore(await parseMetainfo(encodeTorrent({ infoBytes, announceList: [] })))
  for (const index of [3, 0, 2])
    expect(await store.write(index, Uint8Array.from(pieces[index] ?? []))).toBe(true)
  expect([...store.release(2)].sort()).toEqual([0, 2])
  expect([0, 1, 2, 3].map(piece => hasPiece(store.have, piece))).toEqual([false, false, false, true])
  expect(store.release(2)).toEqual([])
})
