type Soon<T> = T | Promise<T>

/** An open file; offsets and sizes in bytes. */
export interface DiskFile {
  /** Bytes read into `bytes`: fewer at the end of the file. */
  read(bytes: Uint8Array<ArrayBuffer>, at: number): Soon<number>
  /** Write all of `bytes`. Errors: `QuotaExceededError` or the system's own when there is no room for all of it. */
  write(bytes: Uint8Array<ArrayBuffer>, at: number): Soon<void>
  truncate(size: number): Soon<void>
  size(): Soon<number>
  /** Bring what was written to the disk. */
  flush(): Soon<void>
  close(): Soon<void>
}

/** Where the files of one share lie: a browser's private file system, or a folder on a server. */
export interface DiskFolder {
  /** Made empty when it does not exist. Where the platform knows who has a file open, a second one is refused. */
  open(name: string): Promise<DiskFile>
  /** Sizes of all files, by name. */
  sizes(): Promise<ReadonlyMap<string, number>>
  remove(name: string): Promise<void>
  /** The folder goes, with everything in it. No file may be open. */
  destroy(): Promise<void>
}

/** Name of the file with the bytes of file `index` of a share. */
export const fileName = (index: number): string => String(index)

/** Name of the file with a whole piece that belongs in part to a file nobody wants. */
export const pieceName = (piece: number): string => `piece-${piece}`
