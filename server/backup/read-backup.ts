import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { AppError } from '../../lib/base/errors.ts'
import { laterMigrations } from '../shares/copy/database-copy.ts'
import {
  anyHeadSchema,
  CONTENTS,
  contentsSchema,
  DATABASE,
  FORMAT_VERSION,
  HEAD,
  type Head,
  headSchema,
  isKnownPath,
} from './format.ts'
import { type TarEntry, TarError, tarEntries } from './tar.ts'

/** Head and list of contents are in memory. */
const JSON_MAX_BYTES = 64 * 1024 * 1024

interface ReadBackup {
  readonly head: Head
  /** All files but the first and the last. */
  readonly entries: readonly TarEntry[]
}

/**
 * Reads a backup from the first byte to the last, and checks every byte; nothing is written. `name` is for messages. Errors:
 * `backup_invalid` for what is truncated, damaged, newer, or none.
 */
export async function readBackup(file: FileHandle, name: string): Promise<ReadBackup> {
  const invalid = (why: string) => new AppError('backup_invalid', `${name}: ${why}`)
  const { size } = await file.stat()
  if (size === 0) throw invalid('it is empty')
  const all: TarEntry[] = []
  let head: Head | null = null
  try {
    for await (const entry of tarEntries(file)) {
      head ??= await readHead(file, entry, invalid)
      all.push(entry)
    }
  } catch (reason) {
    if (!(reason instanceof TarError)) throw reason
    if (head === null) throw invalid('it is no backup of Tabseed, or truncated')
    throw invalid(reason.kind === 'truncated' ? 'it is truncated' : 'it is damaged')
  }
  const last = all.at(-1)
  if (!head || last?.path !== CONTENTS) throw invalid(head ? 'it is truncated' : 'it is no backup of Tabseed')

  const contents = contentsSchema.safeParse(await readJson(file, last))
  if (!contents.success) throw invalid('its list of contents is damaged')
  const entries = all.slice(1, -1)
  const { files } = contents.data
  if (entries.length !== files.length) throw invalid('it has other files than it lists')
  for (const [index, entry] of entries.entries()) {
    const listed = files[index]
    if (listed?.path !== entry.path || listed.length !== entry.length || !isKnownPath(entry.path)) {
      throw invalid('it has other files than it lists')
    }
    if ((await sha256(file, entry)) !== listed.sha256) throw invalid(`${entry.path} in it is damaged`)
  }
  if (!entries.some(({ path }) => path === DATABASE)) throw invalid('it has no database')
  return { head, entries }
}

type Invalid = (why: string) => AppError

async function readHead(file: FileHandle, entry: TarEntry, invalid: Invalid): Promise<Head> {
  const value = entry.path === HEAD ? await readJson(file, entry) : null
  const any = anyHeadSchema.safeParse(value)
  if (!any.success) throw invalid('it is no backup of Tabseed')
  if (any.data.version > FORMAT_VERSION) {
    throw invalid(`a newer Tabseed wrote it (format ${any.data.version}): restore it with that one`)
  }
  const head = headSchema.safeParse(value)
  if (!head.success) throw invalid('its first file is damaged')
  const later = laterMigrations(head.data.migrations)
  if (later.length > 0) {
    throw invalid(`a newer Tabseed wrote it (${later.join(', ')}): restore it with that one`)
  }
  return head.data
}

async function readJson(file: FileHandle, { length, start }: TarEntry): Promise<unknown> {
  if (length > JSON_MAX_BYTES) return undefined
  const bytes = Buffer.alloc(length)
  await file.read(bytes, 0, length, start)
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
}

async function sha256(file: FileHandle, entry: TarEntry): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of contentOf(file, entry)) hash.update(chunk)
  return hash.digest('hex')
}

/** The bytes of a file in a backup. */
export async function* contentOf(file: FileHandle, { length, start }: TarEntry): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(Math.min(length, 1024 * 1024))
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, length - done), start + done)
    if (bytesRead === 0) throw new TarError('truncated')
    done += bytesRead
    yield chunk.subarray(0, bytesRead)
  }
}
