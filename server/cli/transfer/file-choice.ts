import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { UsageError } from '../options.ts'
import { globMatcher } from './glob.ts'

/** The files of a share without padding, in metainfo order: their numbers in `tabseed show` count from 1. */
export function visibleFiles({ files }: Metainfo) {
  return files.flatMap((file, index) => (file.padding ? [] : [{ ...file, index }]))
}

/**
 * Indexes (metainfo order, padding left out) of the files that `choices` name: a number as `tabseed show` prints it, or
 * a pattern for the whole path or the name; all files without a choice. Errors: `UsageError` for a choice that names none.
 */
export function selectFiles(metainfo: Metainfo, choices: readonly string[]): readonly number[] {
  const files = visibleFiles(metainfo)
  if (choices.length === 0) return files.map(({ index }) => index)
  const chosen = new Set<number>()
  for (const choice of choices) {
    const matches = globMatcher(choice)
    const found = files.filter(
      ({ path, statedPath }, at) =>
        String(at + 1) === choice ||
        [path, statedPath].some(names => matches(names.join('/')) || matches(names.at(-1) ?? '')),
    )
    if (found.length === 0) throw new UsageError(`--file ${choice} names no file of ${metainfo.name}`)
    for (const { index } of found) chosen.add(index)
  }
  return [...chosen].sort((a, b) => a - b)
}
