'use client'

import { usePathname } from 'next/navigation'
import { type ComponentType, useEffect, useState } from 'react'

/** Where this browser asks for files, they arrive whichever page is open; most browsers never load what that takes. */
export function WatchedInboxes() {
  const hasOwn = usePathname() === '/receive'
  const [Watch, setWatch] = useState<ComponentType>()
  useEffect(() => {
    if (hasOwn) return
    const load = async () => {
      const { listInboxes } = await import('../../lib/browser/records/saved-inboxes.ts')
      if (!(await listInboxes()).some(({ ended }) => !ended)) return
      const { InboxWatch } = await import('../receive/inbox-watch.tsx')
      setWatch(() => InboxWatch)
    }
    // The server is away, or the browser stores nothing: the next page tries again.
    load().catch(() => undefined)
  }, [hasOwn])
  return hasOwn || !Watch ? null : <Watch />
}
