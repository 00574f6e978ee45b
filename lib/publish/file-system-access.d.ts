/** The parts of the File System Access API that we use (Chromium); TypeScript's DOM library has none of them. */
interface Window {
  /** Rejects with an `AbortError` when the person closes the picker. */
  showOpenFilePicker(options: { multiple: boolean }): Promise<FileSystemFileHandle[]>
  /** Rejects with an `AbortError` when the person closes the picker. */
  showDirectoryPicker(options: { id: string; mode: 'read' | 'readwrite' }): Promise<FileSystemDirectoryHandle>
  /** Rejects with an `AbortError` when the person closes the picker. */
  showSaveFilePicker(options: { id: string; suggestedName: string }): Promise<FileSystemFileHandle>
}

interface DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
}

interface FileSystemHandle {
  queryPermission?(descriptor: { mode: 'read' }): Promise<PermissionState>
  /** Asks the person; needs a click. */
  requestPermission?(descriptor: { mode: 'read' | 'readwrite' }): Promise<PermissionState>
}
