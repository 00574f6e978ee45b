import { useState } from 'react'
import type { Saving } from '../../../../lib/react/share/use-saving.ts'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import type { ShareFile } from '../../share-files.tsx'
import { decryptFiles, filesAtOnce, openShareSheet } from './share-sheet.ts'

interface ShareSheet {
  /** The files are decrypted, which took longer than a click lasts: one more click opens the sheet at once. */
  readonly isReady: boolean
  readonly send: () => Promise<void>
}

/** Sends `wanted` to the share sheet; those of an encrypted share are decrypted first, as one of the saves of `saving`. */
export function useShareSheet(
  infoHash: InfoHash,
  wanted: readonly ShareFile[],
  saving: Saving,
  onError: (reason: unknown) => void,
): ShareSheet {
  const [ready, setReady] = useState<{ readonly chosen: string; readonly files: readonly File[] } | null>(
    null,
  )
  const chosen = wanted.map(({ index }) => index).join()
  const files = ready?.chosen === chosen ? ready.files : null

  const decrypt = () =>
    saving.run(
      wanted.reduce((sum, { length }) => sum + length, 0),
      async watch => {
        const decrypted = await decryptFiles(infoHash, wanted, watch)
        if (!(await openShareSheet(decrypted))) setReady({ chosen, files: decrypted })
      },
    )
  const send = async () => {
    try {
      const atOnce = files ?? (await filesAtOnce(infoHash, wanted))
      if (atOnce) await openShareSheet(atOnce)
      else await decrypt()
    } catch (reason) {
      onError(reason)
    }
  }
  return { isReady: files !== null, send }
}
