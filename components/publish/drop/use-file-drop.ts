import { type ChangeEvent, useEffect, useEffectEvent, useRef, useState } from 'react'
import { type Chosen, listInput } from '../../../lib/publish/list-files.ts'
import { droppedFiles, pickFiles, pickFolder } from '../../../lib/publish/pick-files.ts'
import { useEarlyChoice } from '../../../lib/react/page/use-early-choice.ts'
import { DRAG_EVENTS, type FreeDrag, isFree, useDragging } from './use-dragging.ts'

interface FileDropOptions {
  readonly disabled?: boolean
  /** Where files may be dropped: anywhere on the page, or on the element that has `dropProps`. */
  readonly area?: 'page' | 'element'
}

/** Files and folders that are dropped, pasted, or chosen. `onChosen` gets no file when a drop contains none. */
export function useFileDrop(
  onChosen: (chosen: Chosen) => void,
  { area = 'page', disabled = false }: FileDropOptions = {},
) {
  const fileInput = useRef<HTMLInputElement>(null)
  const folderInput = useRef<HTMLInputElement>(null)
  const [listing, setListing] = useState(false)
  const dragging = useDragging()

  /** Hands over what was chosen, unless that was nothing; of a drop also that there is no file in it. */
  const list = async (choice: Promise<Chosen | null>, { isDrop = false } = {}): Promise<boolean> => {
    setListing(true)
    const chosen = await choice.finally(() => setListing(false))
    if (chosen && (isDrop || chosen.files.length + chosen.closed.length > 0)) onChosen(chosen)
    return chosen !== null
  }
  const take = (event: FreeDrag & Pick<Event, 'type' | 'preventDefault'>) => {
    if (disabled || !isFree(event)) return
    // Else the browser opens the file instead of this page.
    event.preventDefault()
    if (event.type === 'drop') void list(droppedFiles(event.dataTransfer?.items ?? []), { isDrop: true })
  }
  const takeOnPage = useEffectEvent(take)
  useEffect(() => {
    if (area !== 'page') return
    const listener = (event: DragEvent) => takeOnPage(event)
    // Elements come before it; who takes what is left (DropAnywhere) is at the window.
    for (const type of DRAG_EVENTS) document.addEventListener(type, listener)
    return () => {
      for (const type of DRAG_EVENTS) document.removeEventListener(type, listener)
    }
  }, [area])
  const paste = useEffectEvent((event: ClipboardEvent) => {
    // Text pasted into a field is text, even when the clipboard also holds a picture of it.
    if (disabled || (event.target instanceof Element && event.target.closest('input, textarea'))) return
    if (!event.clipboardData?.types.includes('Files')) return
    event.preventDefault()
    void list(droppedFiles(event.clipboardData.items))
  })
  useEffect(() => {
    const listener = (event: ClipboardEvent) => paste(event)
    // Not only where the focus is: people paste without it.
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
    dropProps: { onDragEnter: take, onDragOver: take, onDrop: take },
    dragging: dragging && !disabled,
    reading: listing,
    fileInputProps: { ref: fileInput, multiple: true, ...inputProps },
    folderInputProps: { ref: folderInput, webkitdirectory: '', ...inputProps },
    chooseFiles: () => choose(pickFiles, () => fileInput.current?.click()),
    chooseFolder: () => choose(pickFolder, () => folderInput.current?.click()),
  }
}
