import { statSync } from 'node:fs'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import type { Output } from '../output.ts'
import { verifyCopy } from './copy-report.ts'
import type { DownloadFolder } from './download-folder.ts'
import { visibleFiles } from './file-choice.ts'

/** Files of a share whose places are taken, as indexes in metainfo order. */
interface TakenPlaces {
  /** Every piece that could be checked is right. */
  readonly right: readonly number[]
  /** Other bytes, or no file. */
  readonly wrong: readonly number[]
}

/**
 * Checks what stands where the files at `present` go. A piece that a file shares with one that is not there yet cannot
 * be checked, and does not count against it. Errors: those of `verifyCopy`.
 */
export async function checkPlaces(
  metainfo: Metainfo,
  folder: DownloadFolder,
  present: readonly number[],
  output: Output,
  signal: AbortSignal,
): Promise<TakenPlaces> {
  const files = present.filter(index => {
    const found = statSync(folder.place(index), { throwIfNoEntry: false })
    return found?.isFile() && found.size === metainfo.files[index]?.length
  })
  const right = new Set<number>()
  if (files.length > 0) {
    const { report } = await verifyCopy(metainfo, folder.target, output, signal)
    for (const [at, { index }] of visibleFiles(metainfo).entries()) {
      const file = report.files[at]
      const isRight = file?.state === 'good' || (file?.state === 'unsure' && file.pieces.bad === 0)
      if (isRight && file.location === folder.place(index)) right.add(index)
    }
  }
  // Empty files hold no piece.
  for (const index of files) if (metainfo.files[index]?.length === 0) right.add(index)
  return {
    right: present.filter(index => right.has(index)),
    wrong: present.filter(index => !right.has(index)),
  }
}
