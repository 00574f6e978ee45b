import { type Chosen, listEntries, listHandles, listInput } from './list-files.ts'

/**
 * Open the picker whose files the browser lends for longer than this page (Chromium). Needs a click. Without files when
 * nothing was chosen; null where there is no such picker, so that the caller uses a plain file input. Never rejects.
 */
export async function pickFiles(): Promise<Chosen | null> {
  if (!('showOpenFilePicker' in window)) return null
  return chosenOrNull(window.showOpenFilePicker({ multiple: true }))
}

/** The same for a folder, with everything in it. */
export async function pickFolder(): Promise<Chosen | null> {
  if (!('showDirectoryPicker' in window)) return null
  return chosenOrNull(window.showDirectoryPicker({ id: 'publish', mode: 'read' }).then(folder => [folder]))
}

/** What the picker gives: nothing when the person closed it, null when the browser does not open it here. */
async function chosenOrNull(picker: Promise<FileSystemHandle[]>): Promise<Chosen | null> {
  try {
    return await listHandles(await picker)
  } catch (reason) {
    return reason instanceof DOMException && reason.name === 'AbortError' ? { files: [], closed: [] } : null
  }
}

/**
 * The files that were dropped, also those in folders, with handles where the browser lends them. Call it in the event
 * itself: later the browser no longer gives them. Never rejects.
 */
export async function droppedFiles(items: Iterable<DataTransferItem>): Promise<Chosen> {
  const dropped = Array.from(items)
    .filter(({ kind }) => kind === 'file')
    .map(item => ({
      // Some folders are not lent at all, but can be listed.
      handle: item.getAsFileSystemHandle?.().catch(() => null) ?? null,
      entry: item.webkitGetAsEntry(),
      file: item.getAsFile(),
    }))
  const listed = dropped.map(async ({ entry, file, handle }) => {
    const lent = await handle
    if (lent) return listHandles([lent])
    return entry ? listEntries([entry]) : listInput(file ? [file] : [])
  })
  const all = await Promise.all(listed)
  return { files: all.flatMap(({ files }) => files), closed: all.flatMap(({ closed }) => closed) }
}
