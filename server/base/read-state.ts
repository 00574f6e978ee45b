import { readFileSync, renameSync } from 'node:fs'
import type { z } from 'zod'
import type { Log } from './log.ts'
import { systemReason } from './system-reason.ts'

/**
 * The JSON that `path` holds, or null when there is no such file. One that is damaged is put aside, as
 * `<path>.broken-<date>`, and logged: it may be all that is left of what it said. Errors: the file system's own.
 */
export function readState<T>(path: string, schema: z.ZodType<T>, log: Log): T | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw reason
  }
  const parsed = schema.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const aside = `${path}.broken-${new Date().toISOString().replaceAll(':', '-')}`
  try {
    renameSync(path, aside)
    log.error(
      { file: path, keptAs: aside },
      'a state file is damaged: it is put aside, and a new one is started',
    )
  } catch (reason) {
    log.error(
      { file: path, reason: systemReason(reason) },
      'a state file is damaged, and cannot be put aside',
    )
    throw reason
  }
  return null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
