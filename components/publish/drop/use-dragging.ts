import { useEffect, useState } from 'react'

/** A drag that is over the page says so several times a second; none says that it left. */
const DRAG_ENDED_MS = 1_000

/** What is read of a drag event, the browser's or React's. */
export interface FreeDrag {
  readonly dataTransfer: DataTransfer | null
  readonly defaultPrevented: boolean
}

/** All of them are prevented by who takes files: the browser goes by the last one before a drop. */
export const DRAG_EVENTS = ['dragenter', 'dragover', 'drop'] as const

/** Whether files are dragged or dropped that nobody has taken yet. */
export const isFree = (event: FreeDrag): boolean =>
  !event.defaultPrevented && (event.dataTransfer?.types.includes('Files') ?? false)

/** Whether files are dragged over the page; `initially` until the drag says the next time. */
export function useDragging({ initially = false } = {}): boolean {
  const [dragging, setDragging] = useState<object | null>(initially ? {} : null)
  useEffect(() => {
    if (!dragging) return
    const timer = setTimeout(() => setDragging(null), DRAG_ENDED_MS)
    return () => clearTimeout(timer)
  }, [dragging])
  useEffect(() => {
    const over = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') && setDragging({})
    const end = () => setDragging(null)
    window.addEventListener('dragover', over)
    window.addEventListener('drop', end)
    return () => {
      window.removeEventListener('dragover', over)
      window.removeEventListener('drop', end)
    }
  }, [])
  return dragging !== null
}
