import type { PickedFile } from '../browser/picked-file.ts'
import { visibleName } from '../torrent/paths.ts'
import type { SharePlan } from './plan.ts'

/** Characters of a name in a title, which has at most `TITLE_MAX` UTF-16 units with what stands behind it. */
const NAME_MAX = 80

/**
 * Several files and folders that are chosen together have no name: the name of the first, and how many more there are. Null
 * where one file or folder has a name.
 */
export function severalOf(picked: readonly PickedFile[], { files, junk }: SharePlan) {
  const left = new Set(junk)
  const chosen = picked.filter(each => !left.has(each))
  const count = new Set(chosen.map(({ path }) => path[0])).size - 1
  const name = [...visibleName(files[0]?.path[0] ?? '')]
  const short = name.length > NAME_MAX ? `${name.slice(0, NAME_MAX).join('')}…` : name.join('')
  return count > 0 ? { name: short, count } : null
}
