'use client'

import { usePathname } from 'next/navigation'
import { useEffect, useState } from 'react'
import { late } from '../../common/late.tsx'

const DropListener = late(async () => (await import('./drop-listener.tsx')).DropListener)

/** Pages that do something with dropped files themselves. */
const OWN = /^\/(?:heal|r\/.*)?$/

/** Lets files be dropped on every page. What does it is loaded when something is dragged for the first time. */
export function DropAnywhere() {
  const isOwn = OWN.test(usePathname())
  const [isWanted, setWanted] = useState(false)
  useEffect(() => {
    const want = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes('Files') && setWanted(true)
    window.addEventListener('dragover', want)
    return () => window.removeEventListener('dragover', want)
  }, [])
  return isWanted && !isOwn && <DropListener />
}
