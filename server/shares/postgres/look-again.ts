import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { EndedShares } from '../expiry/ended-shares.ts'
import type { EndingStore } from '../expiry/ending-store.ts'
import type { Admission } from '../publishing/admission.ts'
import type { ShareStore } from '../share-store.ts'
import type { Blocks } from '../takedown/blocks.ts'
import type { TakedownStore } from '../takedown/takedown-store.ts'

export interface LookAgainOptions {
  readonly shares: Pick<ShareStore, 'standing'>
  readonly takedown: Pick<TakedownStore, 'findBlocks'>
  readonly endings: Pick<EndingStore, 'findEnded'>
  readonly blocks: Blocks
  readonly ended: EndedShares
  readonly admission: Admission
  /** What this node does with an info hash so far. */
  readonly tracked: { isAdmitted(infoHash: InfoHash): boolean; isHidden(infoHash: InfoHash): boolean }
}

/** Brings what this node has in memory of `infoHashes` to what the database says, which another node may have changed. */
export async function lookAgain(options: LookAgainOptions, infoHashes: readonly InfoHash[]): Promise<void> {
  const { admission, blocks, ended, tracked } = options
  const [standing, blocked, endedAt] = await Promise.all([
    options.shares.standing(infoHashes),
    options.takedown.findBlocks(infoHashes),
    options.endings.findEnded(infoHashes),
  ])
  // From here on at once: nothing is refused that was published in between, or the other way round.
  for (const infoHash of blocks.replace(infoHashes, blocked)) {
    if (blocks.of(infoHash)) {
      admission.deny(infoHash)
      // The tracker does not know it from now on, so that it is not found below: copies and running answers end here.
      admission.drop(infoHash)
    } else admission.allow(infoHash)
  }
  ended.replace(infoHashes, endedAt)
  for (const infoHash of infoHashes) {
    const listed = blocks.of(infoHash) ? undefined : standing.get(infoHash)
    if (listed !== undefined) {
      if (!tracked.isAdmitted(infoHash)) admission.admit(infoHash)
      if (listed === tracked.isHidden(infoHash)) admission[listed ? 'show' : 'hide'](infoHash)
    } else if (tracked.isAdmitted(infoHash)) {
      if (ended.of(infoHash) && !blocks.of(infoHash)) admission.end(infoHash)
      else admission.drop(infoHash)
    }
  }
}
