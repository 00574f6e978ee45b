import { cacheShare, fetchCachedShare } from '../api/client.ts'
import { deliver } from '../api/inboxes.ts'
import { whenReachable } from '../api/when-reachable.ts'
import { getOwnedShare, noteSentTo, type SentTo } from '../browser/records/owned-shares.ts'
import { parseInfoHash } from '../torrent/ids.ts'
import { type Delivery, deliveryOf } from './delivery.ts'
import { sealDelivery } from './seal.ts'

type Waiting = Parameters<typeof whenReachable>[1]

/** Where something is sent: an inbox as its link says. */
interface Receiver extends Pick<SentTo, 'fragment' | 'title'> {
  readonly id: string
  readonly key: CryptoKey
}

/**
 * Tells whoever asked what was published for them, and notes for its page where it was sent: false where that could not be noted. While
 * the server is away it is tried again. `isLent`: it was published with the send token, and the server is told which share this is about.
 * Errors: those of the API, `cancelled`.
 */
export async function sendDelivery(
  { fragment, id, key, title }: Receiver,
  { delivery, isLent }: { readonly delivery: Delivery; readonly isLent: boolean },
  waiting: Waiting,
): Promise<boolean> {
  const sealed = await sealDelivery(key, deliveryOf(delivery))
  const body = isLent ? { sealed, infoHash: delivery.infoHash } : { sealed }
  const { receipt } = await whenReachable(() => deliver(id, body), waiting)
  const infoHash = parseInfoHash(delivery.infoHash)
  const at = new Date().toISOString()
  return (
    infoHash !== null && noteSentTo(infoHash, { inbox: id, fragment, title, at, receipt, fetched: false })
  )
}

/**
 * Asks the server to keep a copy, where it offers that: who asked may come much later. Never rejects: without one, the sender's
 * tab stays open, as its page says.
 */
export async function askToKeep(share: string): Promise<void> {
  const infoHash = parseInfoHash(share)
  if (infoHash === null) return
  try {
    const owned = await getOwnedShare(infoHash)
    if (owned && (await fetchCachedShare(infoHash)).offered) await cacheShare(infoHash, owned.ownerKey)
  } catch {
    // The page of the share asks again when the person does.
  }
}
