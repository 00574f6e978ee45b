import { AppError } from '../../lib/base/errors.ts'
import {
  type FindOptions,
  findFiles,
  type LocalFile,
  type Skipped,
} from '../node-engine/hashing/local-files.ts'
import type { Output } from './output.ts'

const WORDS: Readonly<Record<Skipped['reason'], string>> = {
  missing: 'there is no such file',
  loop: 'a link to a folder it lies in',
  outside: 'a link out of its folder',
  special: 'no file or folder; left out',
}

/**
 * What lies at and below `paths`, as it was meant: sockets, devices and pipes are left out with a remark, but a link that
 * leads nowhere or in circles is an error. Errors: `file_unreadable`, and those of `findFiles`.
 */
export async function findAll(
  paths: readonly string[],
  output: Output,
  options: Pick<FindOptions, 'exclude'> = {},
): Promise<readonly LocalFile[]> {
  const all: LocalFile[] = []
  for (const path of paths) {
    const { files, skipped } = await findFiles(path, options)
    for (const { location, reason } of skipped) {
      const what = `${location}: ${WORDS[reason]}`
      if (reason !== 'special') throw new AppError('file_unreadable', what)
      output.note(what)
    }
    all.push(...files)
  }
  return all
}
