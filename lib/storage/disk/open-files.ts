import type { DiskFile, DiskFolder } from './disk-folder.ts'

/** Most open files: a share may have 100,000 files, far more than the operating system's descriptors. */
const OPEN_MAX = 64

/**
 * The files of one folder, opened on demand; the least recently used is closed first. Call one method at a time: each may
 * close files.
 */
export class OpenFiles {
  readonly #folder: DiskFolder
  /** Insertion order is use order. */
  readonly #open = new Map<string, DiskFile>()
  /** Written to since the last flush; all of these are open. */
  readonly #dirty = new Set<string>()

  constructor(folder: DiskFolder) {
    this.#folder = folder
  }

  /** Write all of `bytes` at `at`. Errors: those of the file. */
  async write(name: string, bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void> {
    const file = await this.#get(name)
    this.#dirty.add(name)
    await file.write(bytes, at)
  }

  /** Fill `bytes` from `at`; false when the file is too short for that. */
  async read(name: string, bytes: Uint8Array<ArrayBuffer>, at: number): Promise<boolean> {
    return (await (await this.#get(name)).read(bytes, at)) === bytes.length
  }

  /** Write everything through to the disk. */
  async flush(): Promise<void> {
    for (const name of this.#dirty) {
      await this.#open.get(name)?.flush()
      this.#dirty.delete(name)
    }
  }

  /** Flush and close the file. */
  async close(name: string): Promise<void> {
    const file = this.#open.get(name)
    if (!file) return
    if (this.#dirty.has(name)) await file.flush()
    this.#dirty.delete(name)
    this.#open.delete(name)
    await file.close()
  }

  /** Close all files without a flush. */
  async closeAll(): Promise<void> {
    this.#dirty.clear()
    for (const name of [...this.#open.keys()]) await this.close(name)
  }

  async remove(name: string): Promise<void> {
    this.#dirty.delete(name)
    await this.close(name)
    await this.#folder.remove(name)
  }

  async #get(name: string): Promise<DiskFile> {
    let file = this.#open.get(name)
    if (!file) {
      const [oldest] = this.#open.keys()
      if (oldest !== undefined && this.#open.size >= OPEN_MAX) await this.close(oldest)
      file = await this.#folder.open(name)
    }
    this.#open.delete(name)
    this.#open.set(name, file)
    return file
  }
}
