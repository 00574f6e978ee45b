import type { InfoHash } from '../torrent/ids.ts'

/** Bytes of each download that were here when it was last open and are gone: the browser deleted them to make room. */
const losses = new Map<InfoHash, number>()
const listeners = new Set<() => void>()

export const getLoss = (infoHash: InfoHash): number => losses.get(infoHash) ?? 0

export function setLoss(infoHash: InfoHash, bytes: number): void {
  if (bytes === getLoss(infoHash)) return
  if (bytes === 0) losses.delete(infoHash)
  else losses.set(infoHash, bytes)
  for (const listener of listeners) listener()
}

/** `listener` is called when a loss is noticed; returns the unsubscribe. */
export function subscribeLosses(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
