/** Where all downloads of this browser lie in its private file system (OPFS): one folder a share, named by info hash. */
const SHARES = 'shares'

/** True where this browser has a file system for us: not in some private windows, not on plain http. */
export const canStore = (): boolean =>
  typeof navigator !== 'undefined' &&
  typeof navigator.storage?.getDirectory === 'function' &&
  typeof FileSystemFileHandle !== 'undefined'

/** The folder that holds all shares. */
export async function sharesFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return root.getDirectoryHandle(SHARES, { create: true })
}

/** Name of the file with the bytes of file `index` of a share. */
export const fileName = (index: number): string => String(index)

/** Name of the file with a whole piece that belongs in part to a file nobody wants. */
export const pieceName = (piece: number): string => `piece-${piece}`
