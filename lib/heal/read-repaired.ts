import type { Metainfo } from '../torrent/metainfo.ts'
import type { HealStore } from './heal-store.ts'

/**
 * Bytes [start, end) of file `index` of a repaired copy as people see them; every piece is hashed once more. Errors: those of
 * `HealStore.piece`, `content_forged`.
 */
export function readRepaired(
  { files, pieceLength, sealed }: Metainfo,
  store: HealStore,
  index: number,
  range: { readonly start: number; readonly end: number },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const offset = files[index]?.offset ?? 0
  const read = (from: number, to: number) => readPieces(store, pieceLength, from, to)
  return sealed ? sealed.open(index, range, read) : read(offset + range.start, offset + range.end)
}

/** Bytes [start, end) of the content. */
function readPieces(store: HealStore, pieceLength: number, start: number, end: number) {
  let at = start
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        if (at < end) {
          const index = Math.floor(at / pieceLength)
          const pieceStart = index * pieceLength
          const bytes = (await store.piece(index)).subarray(at - pieceStart, end - pieceStart)
          at += bytes.length
          controller.enqueue(bytes)
        }
        if (at >= end) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}
