import { fromEvent } from 'file-selector'
import { type ChangeEvent, useEffect, useEffectEvent, useRef } from 'react'
import { type DropEvent, useDropzone } from 'react-dropzone'
import { droppedFolders, pickFiles, pickFolder, tellFolders } from '../../lib/publish/list-files.ts'
import { useEarlyChoice } from '../../lib/react/page/use-early-choice.ts'

/** The files of a drop or a paste, with what the browser lends us of them. */
async function filesOf(event: DropEvent | FileSystemFileHandle[]): Promise<(File | DataTransferItem)[]> {
  const dropped = 'dataTransfer' in event && event.type === 'drop' ? event.dataTransfer?.items : undefined
  const [files, folders] = await Promise.all([fromEvent(event), droppedFolders(dropped ?? [])])
  tellFolders(
    files.filter(file => file instanceof File),
    folders,
  )
  return files
}

/**
 * Files and folders dropped anywhere on the page, pasted, or chosen. `onFiles` gets an empty list when what was
 * dropped held no file. `rootProps` belong on an element that covers the page while `dragging`.
 */
export function useFileDrop(disabled: boolean, onFiles: (files: readonly File[]) => void) {
  const fileInput = useRef<HTMLInputElement>(null)
  const folderInput = useRef<HTMLInputElement>(null)
  const zone = useDropzone({
    // Not `disabled`: that would call everything inside the element disabled, the cancel button too.
    noDrag: disabled,
    noPaste: disabled,
    noClick: true,
    noKeyboard: true,
    onDrop: files => onFiles(files),
    getFilesFromEvent: filesOf,
  })
  // React-dropzone hears a paste only inside its element, but nobody focuses one before pasting.
  const { onPaste, ...rootProps } = zone.getRootProps()
  const paste = useEffectEvent((event: ClipboardEvent) => {
    // Text pasted into a field is text, also when the clipboard holds a picture of it.
    if (event.target instanceof Element && event.target.closest('input, textarea')) return
    onPaste?.(event as never)
  })
  useEffect(() => {
    const listener = (event: ClipboardEvent) => paste(event)
    document.addEventListener('paste', listener)
    return () => document.removeEventListener('paste', listener)
  }, [])

  useEarlyChoice(fileInput)
  useEarlyChoice(folderInput)
  const inputProps = {
    type: 'file',
    hidden: true,
    tabIndex: -1,
    onChange: ({ currentTarget: input }: ChangeEvent<HTMLInputElement>) => {
      const files = [...(input.files ?? [])]
      // Or choosing the same again would be no change.
      input.value = ''
      if (files.length > 0) onFiles(files)
    },
  } as const

  /** The picker that lends files for longer than this page where there is one, else the plain input. */
  const choose = async (pick: () => Promise<File[] | null>, plain: () => void) => {
    const files = await pick()
    if (files === null) plain()
    else if (files.length > 0) onFiles(files)
  }
  return {
    rootProps,
    dragging: zone.isDragGlobal && !disabled,
    reading: zone.isProcessing,
    fileInputProps: { ref: fileInput, multiple: true, ...inputProps },
    folderInputProps: { ref: folderInput, webkitdirectory: '', ...inputProps },
    chooseFiles: () => choose(pickFiles, () => fileInput.current?.click()),
    chooseFolder: () => choose(pickFolder, () => folderInput.current?.click()),
  }
}
