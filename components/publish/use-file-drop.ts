import { type ChangeEvent, useCallback, useEffect, useEffectEvent, useRef } from 'react'
import { useDropzone } from 'react-dropzone'

/**
 * Files and folders dropped anywhere on the page, pasted, or chosen. `onFiles` gets an empty list when what was
 * dropped held no file. `rootProps` belong on an element that covers the page while `dragging`.
 */
export function useFileDrop(disabled: boolean, onFiles: (files: readonly File[]) => void) {
  const folderInput = useRef<HTMLInputElement>(null)
  const zone = useDropzone({
    // Not `disabled`: that would call everything inside the element disabled, the cancel button too.
    noDrag: disabled,
    noPaste: disabled,
    noClick: true,
    noKeyboard: true,
    onDrop: files => onFiles(files),
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

  const chooseFolder = useCallback(() => folderInput.current?.click(), [])
  return {
    rootProps,
    dragging: zone.isDragGlobal && !disabled,
    reading: zone.isProcessing,
    fileInputProps: zone.getInputProps({ hidden: true, style: {} }),
    folderInputProps: {
      ref: folderInput,
      type: 'file',
      webkitdirectory: '',
      hidden: true,
      tabIndex: -1,
      onChange: (event: ChangeEvent<HTMLInputElement>) => {
        onFiles([...(event.currentTarget.files ?? [])])
        // Or choosing the same folder again would be no change.
        event.currentTarget.value = ''
      },
    } as const,
    chooseFiles: zone.open,
    chooseFolder,
  }
}
