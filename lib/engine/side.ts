import type { PieceSource, PieceStore } from '../storage/piece-store.ts'

/** The part this tab plays in a swarm, and where its pieces are. */
export type Side =
  | { readonly role: 'publisher'; readonly store: PieceSource }
  | { readonly role: 'reader'; readonly store: PieceStore }
