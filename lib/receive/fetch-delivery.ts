import { fetchShare } from '../api/client.ts'
import { fetchPresence } from '../api/presence.ts'
import { AppError, type ErrorCode, toAppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { startDownload } from '../browser/downloads/start-download.ts'
import type { SavedDelivery } from '../browser/records/saved-inboxes.ts'
import { openWithKey } from '../browser/sealed/open-with-key.ts'
import { checkRoom } from '../storage/room.ts'

/** Larger ones are fetched when the person accepts them: a stranger must not fill a disk, or use up a tariff. */
const AUTO_MAX = 1e9
/** The same of all that one inbox fetches by itself. */
const AUTO_TOTAL_MAX = 10e9

/** Opening needs somebody who has the first pieces; who left meanwhile is tried again. */
const OPEN_LIMIT_MS = 120_000

/** Why the person is asked before a delivery is fetched. */
type Question = 'large' | 'saving' | 'room'

/** How far a delivery is that is no download yet. */
export type DeliveryState =
  | { readonly is: 'opening' | 'away' }
  /** `length`: bytes, as the server knows them. */
  | { readonly is: 'asks'; readonly why: Question; readonly length: number }
  /** It cannot be fetched, and is not tried again until the page is loaded again. */
  | { readonly is: 'failed'; readonly code: ErrorCode }

interface FetchOptions {
  /** Bytes that the inbox has fetched by itself already. */
  readonly before: number
  readonly onState: (state: DeliveryState) => void
}

/**
 * Makes a delivery a download of this browser, if that may be done without asking or the person has accepted it, and somebody
 * has it. Resolves to what there is, whatever the sender said; null if it did not, and `onState` says why not. Never rejects.
 */
export async function fetchDelivery(
  tab: BrowserTab,
  delivery: SavedDelivery,
  { before, onState }: FetchOptions,
): Promise<Pick<SavedDelivery, 'files' | 'length'> | null> {
  const { accepted, infoHash, key, title } = delivery
  let signal: AbortSignal | undefined
  try {
    // What the server says of the size, not what the sender says.
    const { encrypted, length, name } = await fetchShare(infoHash)
    const ask = (why: Question) => {
      onState({ is: 'asks', why, length })
      return null
    }
    if (!encrypted) throw new AppError('key_wrong', 'it is not encrypted')
    if (!accepted && isSavingData()) return ask('saving')
    if (!accepted && (length > AUTO_MAX || before + length > AUTO_TOTAL_MAX)) return ask('large')
    if ((await fetchPresence(infoHash)).presence === 'away') {
      onState({ is: 'away' })
      return null
    }
    if (!accepted && !(await checkRoom(length)).enough) return ask('room')
    onState({ is: 'opening' })
    signal = AbortSignal.timeout(OPEN_LIMIT_MS)
    const opened = await openWithKey(tab, infoHash, {
      fragment: key,
      password: null,
      name,
      onFetching: () => undefined,
      signal,
    })
    if (opened === 'needs-password') throw new AppError('key_wrong', 'it has a password')
    const { files } = opened.metainfo
    const wanted = files.flatMap(({ padding }, index) => (padding ? [] : index))
    await startDownload(tab, infoHash, wanted, { title: opened.metainfo.sealed?.title || title })
    return { files: wanted.length, length: files.reduce((sum, file) => sum + file.length, 0) }
  } catch (reason) {
    const { code } = toAppError(reason)
    onState(signal?.aborted || AGAIN.has(code) ? { is: 'away' } : { is: 'failed', code })
    return null
  }
}

/** What passes by itself. */
const AGAIN: ReadonlySet<ErrorCode> = new Set([
  'server_unreachable',
  'server_busy',
  'server_stopping',
  'database_away',
  'cancelled',
])

/** Whether the person has asked for less traffic, or pays for it by the byte, as far as the browser says. */
function isSavingData(): boolean {
  const { connection } = navigator as {
    readonly connection?: { readonly saveData?: boolean; readonly type?: string }
  }
  return connection?.saveData === true || connection?.type === 'cellular'
}
