import { type SaveWatch, saveStream } from '../save/save.ts'
import { zipOf } from '../save/save-files.ts'
import { saveName } from '../torrent/paths.ts'
import type { HealStore } from './heal-store.ts'
import { readRepaired } from './read-repaired.ts'
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
  const whole = (index: number) =>
    readRepaired(metainfo, store, index, { start: 0, end: metainfo.files[index]?.length ?? 0 })
  const [only] = indexes
  const file = only === undefined ? undefined : metainfo.files[only]
  if (indexes.length === 1 && only !== undefined && file) {
    const name = saveName(file.path.at(-1) ?? metainfo.name)
    await saveStream(whole(only), name, file.length, watch)
    return
  }
  const zip = zipOf(metainfo, indexes, async index => whole(index), 'stored')
  await saveStream(zip.stream, zip.name, zip.length, watch)
}
