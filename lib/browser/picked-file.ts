/** A file that a person picked, and its place: `['photos', 'a.jpg']` inside a folder, `['a.jpg']` alone. */
export interface PickedFile {
  readonly path: readonly string[]
  readonly file: File
  /** The file for longer than this page, where the browser lends it. */
  readonly handle?: FileSystemFileHandle | undefined
  /** The folder it was chosen with, likewise. */
  readonly folder?: FileSystemDirectoryHandle | undefined
  /** Its place in that folder, whatever it is called in a share. */
  readonly pathInFolder?: readonly string[] | undefined
}

/** A file as drop zones and pickers give it, with what they know of its place as properties of it. */
export type FileWithPlace = File & {
  readonly path?: string
  readonly relativePath?: string
  readonly handle?: FileSystemFileHandle
  readonly folder?: FileSystemDirectoryHandle
}

/** Reads the place of a file: drop zones and folder inputs each name it differently, some with a leading `/` or `./`. */
export function pickFile(file: FileWithPlace): PickedFile {
  const place = file.webkitRelativePath || file.relativePath || file.path || file.name
  const path = place
    .split('/')
    .filter((element, index) => !(index === 0 && (element === '' || element === '.')))
  const { handle, folder } = file
  return {
    path: path.length === 0 ? [file.name] : path,
    file,
    handle,
    folder,
    ...(folder && { pathInFolder: path.slice(1) }),
  }
}
