/** Handles kept open: a share may have 100,000 files, an operating system has no such number of descriptors for us. */
const OPEN_MAX = 64

/** A tab that was just reloaded or closed lets go of its files a moment later. */
const BUSY_RETRIES = 20
const BUSY_WAIT_MS = 100

/** The files of one folder, opened when they are needed, the least recently used closed first. Worker only. */
export class OpenFiles {
  readonly #folder: FileSystemDirectoryHandle
  /** Insertion order is use order. */
  readonly #open = new Map<string, Promise<FileSystemSyncAccessHandle>>()
  /** Written to since the last flush. */
  readonly #dirty = new Set<string>()

  constructor(folder: FileSystemDirectoryHandle) {
    this.#folder = folder
  }

  /** Made empty when it does not exist. Rejects with `NoModificationAllowedError` while another tab has it. */
  async get(name: string): Promise<FileSystemSyncAccessHandle> {
    const known = this.#open.get(name)
    this.#open.delete(name)
    const file = known ?? this.#openFile(name)
    this.#open.set(name, file)
    if (known === undefined) {
      file.catch(() => this.#open.delete(name))
      await this.#closeOldest()
    }
    return file
  }

  /** Write all of `bytes` at `at`. Throws `QuotaExceededError` when there is no room for all of it. */
  async write(name: string, bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void> {
    const file = await this.get(name)
    this.#dirty.add(name)
    if (file.write(bytes, { at }) !== bytes.length) {
      throw new DOMException('the disk took only a part', 'QuotaExceededError')
    }
  }

  /** Fill `bytes` from `at`; false when the file is too short for that. */
  async read(name: string, bytes: Uint8Array<ArrayBuffer>, at: number): Promise<boolean> {
    return (await this.get(name)).read(bytes, { at }) === bytes.length
  }

  /** Bring everything that was written to the disk. */
  async flush(): Promise<void> {
    const dirty = [...this.#dirty]
    this.#dirty.clear()
    for (const name of dirty) (await this.#open.get(name))?.flush()
  }

  async close(name: string): Promise<void> {
    const file = this.#open.get(name)
    this.#open.delete(name)
    if (!file) return
    const handle = await file
    if (this.#dirty.delete(name)) handle.flush()
    handle.close()
  }

  async closeAll(): Promise<void> {
    for (const name of [...this.#open.keys()]) await this.close(name).catch(() => undefined)
  }

  async remove(name: string): Promise<void> {
    await this.close(name)
    await this.#folder.removeEntry(name)
  }

  async #openFile(name: string): Promise<FileSystemSyncAccessHandle> {
    const file = await this.#folder.getFileHandle(name, { create: true })
    for (let attempt = 0; ; attempt++) {
      try {
        return await file.createSyncAccessHandle()
      } catch (reason) {
        const busy = reason instanceof DOMException && reason.name === 'NoModificationAllowedError'
        if (!busy || attempt === BUSY_RETRIES) throw reason
        await new Promise(resolve => setTimeout(resolve, BUSY_WAIT_MS))
      }
    }
  }

  async #closeOldest(): Promise<void> {
    if (this.#open.size <= OPEN_MAX) return
    const [oldest] = this.#open.keys()
    if (oldest !== undefined) await this.close(oldest)
  }
}
