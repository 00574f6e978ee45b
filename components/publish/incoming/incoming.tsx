import { useEffect, useState } from 'react'
import type { Chosen } from '../../../lib/publish/list-files.ts'
import { late } from '../../common/late.tsx'

declare global {
  interface Window {
    /** Files that the system opens with the installed app: https://wicg.github.io/web-app-launch/ */
    readonly launchQueue?: {
      setConsumer(consumer: (launch: { readonly files: readonly FileSystemFileHandle[] }) => void): void
    }
  }
}

const IncomingView = late(async () => (await import('./incoming-view.tsx')).IncomingView)

/** What comes to the publish page from elsewhere. Loaded when something may have come. */
export function Incoming({ take }: { readonly take: (chosen: Chosen) => void }) {
  const [pasted, setPasted] = useState<{ readonly text: string } | null>(null)
  const [mayCome, setMayCome] = useState(false)
  useEffect(() => {
    setMayCome('launchQueue' in window || /[?&](?:shared|open)=/.test(location.search))
    const paste = ({ clipboardData, target }: ClipboardEvent) => {
      if (target instanceof Element && target.closest('input, textarea')) return
      const text = clipboardData?.getData('text/plain').trim()
      if (text && clipboardData?.files.length === 0) setPasted({ text })
    }
    document.addEventListener('paste', paste)
    return () => document.removeEventListener('paste', paste)
  }, [])
  return (mayCome || pasted !== null) && <IncomingView pasted={pasted} take={take} />
}
