type Soon<T> = T | Promise<T>

/** An open file; offsets and sizes in bytes. */
export interface DiskFile {
  /** Bytes read into `bytes`: fewer at the end of the file. */
  read(bytes: Uint8Array<ArrayBuffer>, at: number): Soon<number>
  /** Write all of `bytes`. Errors: `QuotaExceededError` or the system's own when there is no room for all of it. */
  write(bytes: Uint8Array<ArrayBuffer>, at: number): Soon<void>
  truncate(size: number): Soon<void>
  size(): Soon<number>
  /** Write everything through to the disk. */
  flush(): Soon<void>
  close(): Soon<void>
}

/** The folder with the files of one share: in a browser's private file system, or on a server's disk. */
export interface DiskFolder {
  /** Creates an empty file when there is none. Rejects for a file that is already open, where the platform can tell. */
  open(name: string): Promise<DiskFile>
  /** Sizes of all files, by name; of those at `names` at least, where it is given. What is not there has none. */
  sizes(names?: readonly string[]): Promise<ReadonlyMap<string, number>>
  remove(name: string): Promise<void>
  /** Delete the folder with everything in it. No file may be open. */
  destroy(): Promise<void>
}

/** Name of the file with the bytes of file `index` of a share. */
export const fileName = (index: number): string => String(index)

/** Name of the file with a whole piece that overlaps an unselected file. */
export const pieceName = (piece: number): string => `piece-${piece}`
