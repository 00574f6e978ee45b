'use client'

import { usePathname } from 'next/navigation'
import { useEffect, useState } from 'react'
import { late } from '../../common/late.tsx'
import { isFree } from '../drop/use-dragging.ts'

const DropListener = late(async () => (await import('./drop-listener.tsx')).DropListener)

/** Pages that do something with dropped files themselves. */
const OWN = /^\/(?:heal|r\/.*)?$/

/**
 * Lets files be dropped on every page. What does it is loaded when something is dragged for the first time. Where a page does it
 * itself, the browser does not open what is dropped beside or too early.
 */
export function DropAnywhere() {
  const isOwn = OWN.test(usePathname())
  const [isWanted, setWanted] = useState(false)
  useEffect(() => {
    const want = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') && setWanted(true)
    window.addEventListener('dragover', want)
    return () => window.removeEventListener('dragover', want)
  }, [])
  useEffect(() => {
    if (!isOwn) return
    const refuse = (event: DragEvent) => {
      if (!isFree(event)) return
      event.preventDefault()
      if (event.dataTransfer) event.dataTransfer.dropEffect = 'none'
    }
    window.addEventListener('dragover', refuse)
    window.addEventListener('drop', refuse)
    return () => {
      window.removeEventListener('dragover', refuse)
      window.removeEventListener('drop', refuse)
    }
  }, [isOwn])
  return isWanted && !isOwn && <DropListener />
}
