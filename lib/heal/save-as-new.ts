import { type SaveWatch, saveStream } from '../save/save.ts'
import { zipOf } from '../save/save-files.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { saveName } from '../torrent/paths.ts'
import type { ContentRange } from '../torrent/piece-map.ts'
import type { HealStore } from './heal-store.ts'
import type { RepairPlan } from './repair-plan.ts'

/**
 * Save the files at `indexes` in the browser's downloads, one as it is and several as a zip; every piece is hashed once
 * more on its way. Errors: `copy_changed`, `storage_failed`, `cancelled`.
 */
export async function saveAsNew(
  { metainfo }: RepairPlan,
  store: HealStore,
  indexes: readonly number[],
  watch: SaveWatch,
): Promise<void> {
  const [only] = indexes
  const file = only === undefined ? undefined : metainfo.files[only]
  if (indexes.length === 1 && file) {
    const name = saveName(file.path.at(-1) ?? metainfo.name)
    await saveStream(streamOf(metainfo, store, file), name, file.length, watch)
    return
  }
  const open = async (index: number) => streamOf(metainfo, store, metainfo.files[index] ?? NOWHERE)
  const zip = zipOf(metainfo, indexes, open, 'stored')
  await saveStream(zip.stream, zip.name, zip.length, watch)
}

const NOWHERE: ContentRange = { offset: 0, length: 0 }

function streamOf({ pieceLength }: Metainfo, store: HealStore, { offset, length }: ContentRange) {
  let at = offset
  const end = offset + length
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        if (at < end) {
          const index = Math.floor(at / pieceLength)
          const start = index * pieceLength
          const bytes = (await store.piece(index)).subarray(at - start, end - start)
          at += bytes.length
          controller.enqueue(bytes)
        }
        if (at >= end) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}
