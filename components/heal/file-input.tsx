import { type ReactNode, useRef } from 'react'
import type { Chosen } from '../../lib/publish/list-files.ts'
import { useEarlyChoice } from '../../lib/react/page/use-early-choice.ts'

interface FileInputProps {
  /** Accessible name. */
  readonly label: string
  /** Content of the button. */
  readonly children: ReactNode
  readonly primary?: boolean
  readonly accept?: string
  readonly multiple?: boolean
  readonly folder?: boolean
  /** A picker whose file handles can be written to; resolves with null where the browser has none. */
  readonly pick?: () => Promise<Chosen | null>
  readonly onFiles: (files: readonly File[]) => void
}

/** A file input that looks like a button, and works like one for keyboard and programs. */
export function FileInput({ label, children, primary = false, pick, onFiles, ...props }: FileInputProps) {
  const { folder = false, ...input } = props
  const element = useRef<HTMLInputElement>(null)
  const take = () => {
    const chosen = element.current
    if (!chosen?.files?.length) return
    const files = [...chosen.files]
    // Else choosing the same file again is no change.
    chosen.value = ''
    onFiles(files)
  }
  useEarlyChoice(element)
  const openPicker = async () => {
    const chosen = await pick?.()
    if (chosen && chosen.files.length > 0) onFiles(chosen.files)
  }
  return (
    <span className="relative inline-flex">
      <input
        type="file"
        aria-label={label}
        {...input}
        {...(folder && { webkitdirectory: '' })}
        ref={element}
        onChange={take}
        onClick={event => {
          const picker = folder ? 'showDirectoryPicker' : 'showOpenFilePicker'
          if (!pick || !(picker in window)) return
          event.preventDefault()
          void openPicker()
        }}
        className="peer absolute inset-0 z-10 size-full cursor-pointer opacity-0"
      />
      <span
        aria-hidden="true"
        className={`inline-flex min-h-11 items-center justify-center gap-2 rounded-control px-4 py-2 font-semibold transition-colors peer-focus-visible:outline-2 peer-focus-visible:outline-leaf peer-focus-visible:outline-offset-2 [&_svg]:size-5 [&_svg]:shrink-0 ${
          primary
            ? 'bg-leaf text-on-leaf hover:bg-leaf-strong'
            : 'border border-edge bg-surface text-ink hover:bg-sunken'
        }`}
      >
        {children}
      </span>
    </span>
  )
}
