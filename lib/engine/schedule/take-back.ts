import { debug } from '../../base/debug.ts'
import type { BegunPieces } from './begun-pieces.ts'
import type { PeerState } from './peer-state.ts'

const log = debug('engine:schedule')

/** How often it is checked who has stopped answering, in milliseconds. */
export const CHECK_MS = 500

/** Takes requests back from peers that have stopped answering, where others can be asked. */
export class TakeBack {
  readonly #begun: BegunPieces
  #checkedAt = Number.NEGATIVE_INFINITY

  constructor(begun: BegunPieces) {
    this.#begun = begun
  }

  /** Call every `CHECK_MS` while requests are open. `now` in milliseconds. */
  check(peers: readonly PeerState[], now: number): void {
    // Where this tab itself stood still, nobody could answer.
    const isAwake = now - this.#checkedAt < 2 * CHECK_MS
    this.#checkedAt = now
    if (!isAwake) return
    for (const peer of peers) peer.answers.check(now)
    const givers = peers.filter(({ answers, wire }) => !answers.stopped && !wire.peerChoking)
    for (const { answers, wire } of peers) {
      if (!answers.stopped) continue
      for (const { length, offset, progress } of this.#begun.requestsTo(wire)) {
        if (!givers.some(giver => giver.offers(progress.index, now))) continue
        log('taken back', { peer: wire.peerId, piece: progress.index })
        wire.cancel(progress.index, offset, length)
      }
    }
  }
}
