import type { ErrorCode } from '../../lib/base/errors.ts'
import type { CachedShare } from './cached-share.ts'

/** A request that the seeder fetch a share and hold a copy. */
export interface CacheRequest {
  /** The copy is dropped only on request: neither by age nor to make room. */
  readonly pinned: boolean
  /** Also if the seeder dropped an earlier copy. */
  readonly again: boolean
}

/**
 * The seeder's copy of one share, as the server knows it:
 * - `none`: not cached, and nobody requested it
 * - `requested`: the seeder has not confirmed it yet, perhaps because its disk is full
 * - `cached`: the seeder holds a copy, whole or in part; without a `request` when this server process received none
 * - `refused`: the seeder cannot cache it
 * - `dropping`: the copy must go, and the seeder has not confirmed that yet; an earlier refusal is shown until the next request
 */
export type CopyState =
  | { readonly is: 'none' }
  | { readonly is: 'requested'; readonly request: CacheRequest; readonly waitsForRoom: boolean }
  | { readonly is: 'cached'; readonly share: CachedShare; readonly request: CacheRequest | null }
  | { readonly is: 'refused'; readonly code: ErrorCode }
  | { readonly is: 'dropping'; readonly refusal: ErrorCode | null }

export const NO_COPY: CopyState = { is: 'none' }

/** Somebody requests a copy. */
export const afterRequest = (copy: CopyState, request: CacheRequest): CopyState =>
  copy.is === 'cached' ? { ...copy, request } : { is: 'requested', request, waitsForRoom: false }

/** The request cannot be sent to the seeder. */
export function afterFailedRequest(copy: CopyState): CopyState {
  if (copy.is === 'requested') return NO_COPY
  return copy.is === 'cached' ? { ...copy, request: null } : copy
}

/** The copy must go. */
export const afterDrop = (copy: CopyState): CopyState => ({ is: 'dropping', refusal: refusalOf(copy) })

/** The seeder confirms that it holds a copy. */
export function afterCached(copy: CopyState, share: CachedShare): CopyState {
  if (copy.is === 'cached' || copy.is === 'dropping') return copy
  const request = requestOf(copy)
  // If the copy is dropped while we are not connected, it stays dropped unless it is pinned.
  return { is: 'cached', share, request: request && { ...request, again: request.pinned } }
}

/** The seeder cannot cache the share; where its disk is full, the request stands until there is room. */
export function afterRefused(copy: CopyState, code: ErrorCode): CopyState {
  if (copy.is === 'dropping') return { is: 'dropping', refusal: code }
  if (copy.is === 'requested' && code === 'storage_full') return { ...copy, waitsForRoom: true }
  return { is: 'refused', code }
}

/** The seeder no longer holds a copy. */
export function afterDropped(copy: CopyState): CopyState {
  const code = refusalOf(copy)
  return code === null ? NO_COPY : { is: 'refused', code }
}

/** The seeder (re)connected, and does not hold the copy that it held before. */
export function afterLoss(copy: CopyState): CopyState {
  if (copy.is !== 'cached') return copy
  return copy.request ? { is: 'requested', request: copy.request, waitsForRoom: false } : NO_COPY
}

/** The request that is in force, or null. */
export const requestOf = (copy: CopyState): CacheRequest | null =>
  copy.is === 'requested' || copy.is === 'cached' ? copy.request : null

/** Why the seeder refused the latest request, or null. */
export function refusalOf(copy: CopyState): ErrorCode | null {
  if (copy.is === 'refused') return copy.code
  if (copy.is === 'requested') return copy.waitsForRoom ? 'storage_full' : null
  return copy.is === 'dropping' ? copy.refusal : null
}
