import type { DiskFile, DiskFolder } from '../disk/disk-folder.ts'

/** The folder of all downloads in this browser's private file system (OPFS), with one folder per share, named by info hash. */
const SHARES = 'shares'

/** A tab that was just reloaded or closed releases its files a moment later. */
const BUSY_RETRIES = 20
const BUSY_WAIT_MS = 100

/** True where this browser has a private file system: not on plain http. See `opensStorage`. */
export const canStore = (): boolean =>
  typeof navigator !== 'undefined' &&
  typeof navigator.storage?.getDirectory === 'function' &&
  typeof FileSystemFileHandle !== 'undefined'

/** Whether the private file system can be used: Safari and Firefox have one in private windows too, and refuse it there. Never rejects. */
export async function opensStorage(): Promise<boolean> {
  if (!canStore()) return false
  return navigator.storage.getDirectory().then(
    () => true,
    () => false,
  )
}

/** The folder that holds all shares. */
export async function sharesFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return root.getDirectoryHandle(SHARES, { create: true })
}

/** The folder of one share; created when there is none. Worker only. */
export async function opfsFolder(infoHash: string): Promise<DiskFolder> {
  const shares = await sharesFolder()
  const folder = await shares.getDirectoryHandle(infoHash, { create: true })
  return {
    async open(name) {
      return diskFile(await openExclusive(await folder.getFileHandle(name, { create: true })))
    },
    async sizes() {
      const sizes = new Map<string, number>()
      for await (const [name, entry] of folder.entries()) {
        if (entry.kind === 'file') sizes.set(name, (await (entry as FileSystemFileHandle).getFile()).size)
      }
      return sizes
    },
    remove: name => folder.removeEntry(name),
    destroy: () => shares.removeEntry(infoHash, { recursive: true }),
  }
}

/** Rejects with `NoModificationAllowedError` while another tab has the file open. */
async function openExclusive(file: FileSystemFileHandle): Promise<FileSystemSyncAccessHandle> {
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

const diskFile = (handle: FileSystemSyncAccessHandle): DiskFile => ({
  read: (bytes, at) => handle.read(bytes, { at }),
  write(bytes, at) {
    if (handle.write(bytes, { at }) !== bytes.length) {
      throw new DOMException('only part of it was written', 'QuotaExceededError')
    }
  },
  truncate: size => handle.truncate(size),
  size: () => handle.getSize(),
  flush: () => handle.flush(),
  close: () => handle.close(),
})
