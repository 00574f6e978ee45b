import { rename, rm, writeFile } from 'node:fs/promises'

interface AtomicWriteOptions {
  /** Permissions of a new file; 0600 unless given. */
  readonly mode?: number
}

/**
 * Replaces the file at `path` as a whole: the content is written beside it, flushed and renamed, so that a kill or a
 * full disk leaves the old file or the new one. Writes to the same `path` must not overlap. Errors: the file system's
 * own; the old file stays.
 */
export async function writeAtomic(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600 }: AtomicWriteOptions = {},
): Promise<void> {
  const unfinished = `${path}.new`
  try {
    await writeFile(unfinished, content, { mode, flush: true })
    await rename(unfinished, path)
  } catch (reason) {
    // What kept it from being written may keep it from being removed.
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw reason
  }
}
