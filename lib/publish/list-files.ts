import type { FileWithPlace } from './plan.ts'

/**
 * Let the person choose files with the browser's picker that lends them for longer than this page (Chromium). Needs a
 * click. Empty when nothing was chosen; null where there is no such picker, for a plain file input to do it.
 */
export async function pickFiles(): Promise<File[] | null> {
  if (!('showOpenFilePicker' in window)) return null
  const handles = await emptyOrNull(window.showOpenFilePicker({ multiple: true }))
  return handles && Promise.all(handles.map(handle => lentFile(handle)))
}

/** The same for a folder, with everything in it. */
export async function pickFolder(): Promise<File[] | null> {
  if (!('showDirectoryPicker' in window)) return null
  const folders = await emptyOrNull(
    window.showDirectoryPicker({ id: 'publish', mode: 'read' }).then(folder => [folder]),
  )
  return folders && (await Promise.all(folders.map(folder => filesIn(folder, folder)))).flat()
}

/** What the picker gives: empty when the person closed it, null when the browser won't open it here. */
async function emptyOrNull<T>(picker: Promise<T[]>): Promise<T[] | null> {
  try {
    return await picker
  } catch (reason) {
    return reason instanceof DOMException && reason.name === 'AbortError' ? [] : null
  }
}

/** Note in each file of a dropped folder which folder it came with. */
export function tellFolders(files: readonly FileWithPlace[], folders: readonly FileSystemDirectoryHandle[]) {
  for (const file of files) {
    const place = file.relativePath ?? ''
    const folder = folders.find(({ name }) => place.startsWith(`/${name}/`))
    if (folder) Object.defineProperty(file, 'folder', { value: folder })
  }
}

/** The folders among what is dropped. To be called in the event itself: later the browser has forgotten them. */
export async function droppedFolders(
  items: Iterable<DataTransferItem>,
): Promise<FileSystemDirectoryHandle[]> {
  const handles = Array.from(items, item => item.kind === 'file' && item.getAsFileSystemHandle?.())
  const settled = await Promise.allSettled(handles)
  return settled.flatMap(({ status, ...result }) => {
    const handle = status === 'fulfilled' && 'value' in result && result.value
    return handle && handle.kind === 'directory' ? [handle as FileSystemDirectoryHandle] : []
  })
}

async function filesIn(
  folder: FileSystemDirectoryHandle,
  top: FileSystemDirectoryHandle,
  path = folder.name,
): Promise<File[]> {
  const found: Promise<File[]>[] = []
  for await (const handle of folder.values()) {
    const place = `${path}/${handle.name}`
    found.push(
      handle.kind === 'directory'
        ? filesIn(handle as FileSystemDirectoryHandle, top, place)
        : lentFile(handle as FileSystemFileHandle, place, top).then(file => [file]),
    )
  }
  return (await Promise.all(found)).flat()
}

async function lentFile(
  handle: FileSystemFileHandle,
  relativePath?: string,
  folder?: FileSystemDirectoryHandle,
): Promise<File> {
  const place = { ...(relativePath && { relativePath }), ...(folder && { folder }), handle }
  return Object.assign(await handle.getFile(), place)
}
