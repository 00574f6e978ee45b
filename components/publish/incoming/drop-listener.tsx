import { usePathname, useRouter } from 'next/navigation'
import { useEffect, useEffectEvent, useState } from 'react'
import { pickFile } from '../../../lib/browser/picked-file.ts'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { Chosen } from '../../../lib/publish/list-files.ts'
import { droppedFiles } from '../../../lib/publish/pick-files.ts'
import { DropOverlay } from '../drop/drop-overlay.tsx'
import { DRAG_EVENTS, isFree, useDragging } from '../drop/use-dragging.ts'
import { AskNewShare } from './ask-new-share.tsx'

/**
 * Files that are dropped on a page which does nothing with them itself begin a new share; where a share is open, the person is asked
 * first.
 */
export function DropListener() {
  const router = useRouter()
  const isShare = usePathname().startsWith('/d/')
  // What made the page load this is a drag.
  const dragging = useDragging({ initially: true })
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
    const take = (event: DragEvent) => {
      if (!isFree(event) || !event.dataTransfer) return
      event.preventDefault()
      if (event.type === 'drop') void drop(event.dataTransfer)
    }
    for (const type of DRAG_EVENTS) window.addEventListener(type, take)
    return () => {
      for (const type of DRAG_EVENTS) window.removeEventListener(type, take)
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
