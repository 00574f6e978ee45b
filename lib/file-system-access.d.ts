/** The pickers of the File System Access API that we use (Chromium); TypeScript's DOM library has none of them. */
interface Window {
  /** Rejects with an `AbortError` when the person closes the picker. */
  showDirectoryPicker(options: { id: string; mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>
  /** Rejects with an `AbortError` when the person closes the picker. */
  showSaveFilePicker(options: { id: string; suggestedName: string }): Promise<FileSystemFileHandle>
}
