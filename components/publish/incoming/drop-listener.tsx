import { usePathname, useRouter } from 'next/navigation'
import { useEffect, useEffectEvent, useState } from 'react'
import { pickFile } from '../../../lib/browser/picked-file.ts'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { Chosen } from '../../../lib/publish/list-files.ts'
import { droppedFiles } from '../../../lib/publish/pick-files.ts'
import { DropOverlay } from '../drop-overlay.tsx'
import { AskNewShare } from './ask-new-share.tsx'

/** A drag that is over the page says so several times a second. */
const DRAG_ENDED_MS = 1_000

/**
 * Files that are dropped on a page which does nothing with them itself begin a new share; where a share is open, the person is asked
 * first.
 */
export function DropListener() {
  const router = useRouter()
  const isShare = usePathname().startsWith('/d/')
  // What made the page load this is a drag.
  const [dragging, setDragging] = useState<object | null>({})
  const [asked, setAsked] = useState<Chosen | null>(null)

  const begin = (chosen: Chosen) => {
    thisTab().draft.put({ files: chosen.files.map(pickFile), title: '', description: '' })
    router.push('/')
  }
  const drop = useEffectEvent(async (data: DataTransfer) => {
    const chosen = await droppedFiles(data.items)
    if (chosen.files.length === 0) return
    if (isShare) setAsked(chosen)
    else begin(chosen)
  })
  useEffect(() => {
    if (!dragging) return
    const timer = setTimeout(() => setDragging(null), DRAG_ENDED_MS)
    return () => clearTimeout(timer)
  }, [dragging])
  useEffect(() => {
    const isOurs = (event: DragEvent) =>
      !event.defaultPrevented && event.dataTransfer?.types.includes('Files')
    const over = (event: DragEvent) => {
      if (!isOurs(event)) return
      event.preventDefault()
      setDragging({})
    }
    const end = (event: DragEvent) => {
      setDragging(null)
      if (!isOurs(event) || !event.dataTransfer) return
      event.preventDefault()
      void drop(event.dataTransfer)
    }
    window.addEventListener('dragover', over)
    window.addEventListener('drop', end)
    return () => {
      window.removeEventListener('dragover', over)
      window.removeEventListener('drop', end)
    }
  }, [])
  return (
    <>
      {dragging && <DropOverlay />}
      {asked && (
        <AskNewShare
          count={asked.files.length}
          onYes={() => {
            setAsked(null)
            begin(asked)
          }}
          onNo={() => setAsked(null)}
        />
      )}
    </>
  )
}
