import type { DiskFile, DiskFolder } from './disk-folder.ts'

/** Files kept open: a share may have 100,000 files, an operating system has no such number of descriptors for us. */
const OPEN_MAX = 64

/**
 * The files of one folder, opened when they are needed, the least recently used closed first. One call at a time: a
 * file may be closed by the next one.
 */
export class OpenFiles {
  readonly #folder: DiskFolder
  /** Insertion order is use order. */
  readonly #open = new Map<string, DiskFile>()
  /** Written to since the last flush; all of them open. */
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

  /** Bring everything that was written to the disk. */
  async flush(): Promise<void> {
    for (const name of this.#dirty) {
      await this.#open.get(name)?.flush()
      this.#dirty.delete(name)
    }
  }

  /** Close the file, with all of it on the disk. */
  async close(name: string): Promise<void> {
    const file = this.#open.get(name)
    if (!file) return
    if (this.#dirty.has(name)) await file.flush()
    this.#dirty.delete(name)
    this.#open.delete(name)
    await file.close()
  }

  /** Close all files as they are. */
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
