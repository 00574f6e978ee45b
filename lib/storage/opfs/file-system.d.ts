/** TypeScript declares these for workers only; our one program has both pages and workers. Offsets and sizes in bytes. */
declare global {
  interface FileSystemSyncAccessHandle {
    /** Bytes read into `buffer`: fewer at the end of the file. */
    read(buffer: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number
    /** Bytes written. Throws `QuotaExceededError`. */
    write(buffer: Uint8Array<ArrayBuffer>, options: { readonly at: number }): number
    truncate(size: number): void
    getSize(): number
    flush(): void
    close(): void
  }

  interface FileSystemFileHandle {
    /** Exclusive; rejects with `NoModificationAllowedError` while another handle is open. Dedicated workers only. */
    createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>
  }
}

export {}
