import { fromEvent } from 'file-selector'
import { type ChangeEvent, useEffect, useEffectEvent, useRef, useState } from 'react'
import { type DropEvent, useDropzone } from 'react-dropzone'
import { type Chosen, listInput } from '../../lib/publish/list-files.ts'
import { droppedFiles, pickFiles, pickFolder } from '../../lib/publish/pick-files.ts'
import { useEarlyChoice } from '../../lib/react/page/use-early-choice.ts'

/**
 * Files and folders that are dropped anywhere on the page, pasted, or chosen. `onChosen` gets no file when a drop contains
 * none. `rootProps` belong on an element that covers the page while `dragging`.
 */
export function useFileDrop(onChosen: (chosen: Chosen) => void, { disabled = false } = {}) {
  const fileInput = useRef<HTMLInputElement>(null)
  const folderInput = useRef<HTMLInputElement>(null)
  const [listing, setListing] = useState(false)
  /** What could not be read of the drop that react-dropzone is about to hand over. */
  const closed = useRef<readonly string[]>([])

  const filesOf = async (event: DropEvent | FileSystemFileHandle[]): Promise<(File | DataTransferItem)[]> => {
    if (!('dataTransfer' in event) || event.type !== 'drop') {
      closed.current = []
      return fromEvent(event)
    }
    const chosen = await droppedFiles(event.dataTransfer?.items ?? [])
    closed.current = chosen.closed
    return [...chosen.files]
  }
  const zone = useDropzone({
    // Not `disabled`: that would call everything inside the element disabled, the cancel button too.
    noDrag: disabled,
    noPaste: disabled,
    noClick: true,
    noKeyboard: true,
    onDrop: files => onChosen({ files, closed: closed.current }),
    getFilesFromEvent: filesOf,
  })
  // React-dropzone handles a paste only inside its element, but people paste without focusing it.
  const { onPaste, ...rootProps } = zone.getRootProps()
  const paste = useEffectEvent((event: ClipboardEvent) => {
    // Text pasted into a field is text, even when the clipboard also holds a picture of it.
    if (event.target instanceof Element && event.target.closest('input, textarea')) return
    onPaste?.(event as never)
  })
  useEffect(() => {
    const listener = (event: ClipboardEvent) => paste(event)
    document.addEventListener('paste', listener)
    return () => document.removeEventListener('paste', listener)
  }, [])

  /** Hands over what was chosen, unless that was nothing. */
  const list = async (choice: Promise<Chosen | null>): Promise<boolean> => {
    setListing(true)
    const chosen = await choice.finally(() => setListing(false))
    if (chosen && chosen.files.length + chosen.closed.length > 0) onChosen(chosen)
    return chosen !== null
  }
  useEarlyChoice(fileInput)
  useEarlyChoice(folderInput)
  const inputProps = {
    type: 'file',
    hidden: true,
    tabIndex: -1,
    onChange: ({ currentTarget: input }: ChangeEvent<HTMLInputElement>) => {
      const files = [...(input.files ?? [])]
      // Else choosing the same file again is no change.
      input.value = ''
      void list(listInput(files))
    },
  } as const

  /** The picker whose file handles outlive this page where there is one, else the plain input. */
  const choose = async (pick: () => Promise<Chosen | null>, plain: () => void) => {
    if (!(await list(pick()))) plain()
  }
  return {
    rootProps,
    dragging: zone.isDragGlobal && !disabled,
    reading: zone.isProcessing || listing,
    fileInputProps: { ref: fileInput, multiple: true, ...inputProps },
    folderInputProps: { ref: folderInput, webkitdirectory: '', ...inputProps },
    chooseFiles: () => choose(pickFiles, () => fileInput.current?.click()),
    chooseFolder: () => choose(pickFolder, () => folderInput.current?.click()),
  }
}
