import { fetchMetainfo } from '../../api/client.ts'
import { AppError } from '../../base/errors.ts'
import { HEADER_BYTES, readHeader } from '../../encryption/header.ts'
import { keyCheckOf } from '../../encryption/keys.ts'
import { parseLinkKey } from '../../encryption/link-key.ts'
import { requireKey } from '../../encryption/manifest.ts'
import { outerName } from '../../encryption/outer-name.ts'
import { MemoryStore } from '../../storage/memory-store.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BrowserTab } from '../browser-tab.ts'
import { getSavedRecord, type SavedSeal } from '../records/saved-records.ts'
import { unlockWith } from './password.ts'
import { type OpenedShare, opened } from './seals.ts'

/** What is in the way of opening a share: only its password. */
export type NeedsPassword = 'needs-password'

interface OpenOptions {
  /** What is behind the `#` of the link; empty: what this browser knows already is enough, or nothing is. */
  readonly fragment: string
  /** Null: it is asked for if there is one. */
  readonly password: string | null
  /** The name of the share on the outside. */
  readonly name: string
  /** The key fits, and the list of files is being fetched. */
  readonly onFetching: () => void
  readonly signal: AbortSignal
}

/**
 * Open an encrypted share: with what this browser has saved of it, or with the key and the first pieces, which are fetched from the
 * swarm and checked. What opened it stays in `tab.seals`. A key that is missing, cut or of another share, and a wrong password, are
 * said before anybody is asked.
 * Errors: `key_missing`, `key_wrong`, `password_wrong`, `content_forged`, `insecure_context`, `webrtc_missing`, `share_not_found`,
 * `server_unreachable`, `cancelled`.
 */
export async function openWithKey(
  tab: BrowserTab,
  infoHash: InfoHash,
  { fragment, name, onFetching, password, signal }: OpenOptions,
): Promise<OpenedShare | NeedsPassword> {
  if (globalThis.crypto?.subtle === undefined) throw new AppError('insecure_context')
  const known = tab.seals.get(infoHash) ?? (await savedSeal(infoHash))
  if (known && (fragment === '' || fragment === known.fragment)) {
    const metainfo = await tab.session.metainfo(infoHash).catch(() => undefined)
    return keep(tab, await opened(metainfo ?? (await fetchMetainfo(infoHash)), known), known)
  }
  const key = parseLinkKey(fragment)
  if (outerName(await keyCheckOf(key.secret)) !== name)
    throw new AppError('key_wrong', 'it belongs to another share')
  if (key.password && password === null) return 'needs-password'
  const root = key.password ? await unlockWith(key, password ?? '') : key.secret
  onFetching()
  const outside = await fetchMetainfo(infoHash)
  const head = await fetchHead(tab, outside, key.secret, signal)
  const seal = { secret: key.secret, root, head, fragment }
  return keep(tab, await opened(outside, seal), seal)
}

function keep(tab: BrowserTab, metainfo: Metainfo, seal: SavedSeal): OpenedShare {
  const share = { metainfo, seal }
  tab.seals.keep(share)
  return share
}

const savedSeal = (infoHash: InfoHash): Promise<SavedSeal | undefined> =>
  getSavedRecord(infoHash).then(
    record => record?.seal,
    () => undefined,
  )

/** The first pieces, up to where the files begin. The swarm is left again: nobody has asked for the files yet. */
async function fetchHead(
  tab: BrowserTab,
  outside: Metainfo,
  secret: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { engine } = tab
  const { infoHash } = outside
  const network = await tab.network.forDownload(infoHash)
  if (signal.aborted) throw new AppError('cancelled')
  const leave = () => void engine.remove(infoHash)
  signal.addEventListener('abort', leave)
  try {
    await engine.join(outside, [], network, new MemoryStore(outside))
    const read = async (end: number) =>
      new Uint8Array(await new Response(engine.read(infoHash, 0, end)).arrayBuffer())
    const header = readHeader(await read(HEADER_BYTES), outside)
    await requireKey(header, secret)
    return await read(header.contentStart)
  } finally {
    signal.removeEventListener('abort', leave)
    if (!signal.aborted) await engine.remove(infoHash)
  }
}
