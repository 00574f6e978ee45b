import { useEffect, useState } from 'react'
import { browsersGetFrom } from '../../browser/web-seed-check.ts'
import type { Share } from '../../protocol/share.ts'

/** Whether this browser can read from a web seed of a share; undefined until that is known. */
export function useMirrorCheck(url: string, share: Share): boolean | undefined {
  const [works, setWorks] = useState<boolean>()
  useEffect(() => {
    const left = new AbortController()
    browsersGetFrom(url, share, left.signal).then(setWorks, () => undefined)
    return () => left.abort()
  }, [url, share])
  return works
}
