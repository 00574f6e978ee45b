import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

/** An empty folder that `Symbol.dispose` deletes. */
export function tempFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'tabseed-test-'))
  // The seeder of a killed server still writes for a moment.
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }) }
}

export const sha256File = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex')

/** SHA-256 of every file below `folder`, by its path inside it. */
export function sha256Tree(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
  const entries = files.map(entry => {
    const path = join(entry.parentPath, entry.name)
    return [relative(folder, path), sha256File(path)] as const
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `length` bytes that look random and are the same for the same `seed`. */
export function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let state = seed >>> 0 || 1
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

/** Write `files` (path to content) below `folder`. */
export function writeTree(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

/** A real file over 100 MB that every checkout has: the Node executable that runs the tests. */
export const bigFile = (): { readonly path: string; readonly size: number } => ({
  path: process.execPath,
  size: statSync(process.execPath).size,
})

/** A file of `length` random bytes. */
export function writeRandomFile(path: string, length: number): void {
  const file = openSync(path, 'w')
  for (let written = 0; written < length; ) {
    written += writeSync(file, randomBytes(Math.min(length - written, 64 * 1024 * 1024)))
  }
  closeSync(file)
}
