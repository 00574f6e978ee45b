import { debug } from '../../../base/debug.ts'
import { RateMeter } from '../../../base/rate-meter.ts'
import { SENT_BLOCK_MAX_BYTES } from '../../upload/uploader.ts'

const log = debug('engine:lanes')

/** Milliseconds between two looks; timers of a hidden tab make it a second. */
const TICK_MS = 100

/** On shorter ways one connection recovers from a loss at once, and the processor is what bounds it. */
export const LANES_ROUND_TRIP_MS = 10

/** A peer whose requests have been open for this long without a gap is worth more connections. */
const BUSY_MS = 100

/**
 * How many lanes are opened at a time. All at once, soon after the first request: few downloads last long enough to try one after
 * the other (32 MB over 100 Mbit/s and 50 ms: a fourth faster than with three first and four after a look at their effect).
 */
const LANES_AT_ONCE = 7

/** New lanes have this long, or so many round trips, to get up to speed; their effect is measured for as long again. */
const SETTLE_MS = 400
const SETTLE_ROUND_TRIPS = 8

/** Lanes are kept that make everything together faster by this, and that carry this part of a peer's bytes. */
const WORTH = 0.1

/** Lanes that brought nothing are tried again after this long, and each time after twice that. */
const RETRY_MS = 10_000
const RETRY_MAX_MS = 160_000

/** Lanes of a peer that has nothing to send, or whose share in its bytes is small, are closed after this long. */
const USELESS_MS = 8_000

/**
 * A lane holds blocks that come late or never when it has brought nothing, and the oldest request has been open, for the longest of these: a time, so many
 * round trips, or so many times what a block takes at the peer's rate of the last seconds, up to a limit. One that has lost much waits for seconds.
 */
const SILENT_MS = 1_000
const SILENT_ROUND_TRIPS = 8
const SILENT_BLOCKS = 3
const SILENT_BLOCKS_MAX_MS = 5_000
const RATE_MS = 4_000

/** Part of a rate limit from which on the limit is what bounds us. */
const LIMITED = 0.8

/** Not worth it when everything left takes less than this at the present rate, or is less than so many bytes. */
const WORTH_SECONDS = 1
const WORTH_BYTES = 4 * 1024 * 1024

/** What the pilot needs of a peer's wire and lanes. */
export interface LanePeer {
  readonly wire: {
    readonly destroyed: boolean
    readonly downloaded: number
    readonly requests: readonly unknown[]
  }
  readonly lanes: {
    readonly count: number
    readonly opening: number
    readonly mayOpen: boolean
    readonly receivedBytes: number
    open(count: number): void
    retire(count?: number): void
    endSilent(milliseconds: number): void
  }
  /** Measures the round trip, and calls back with milliseconds where that is possible. */
  readonly roundTrip: (done: (milliseconds: number) => void) => void
}

interface PilotOptions {
  /** Bytes received from all peers so far. */
  readonly received: () => number
  /** Bytes that are wanted and not here. */
  readonly missing: () => number
  /** The download limit in bytes a second; null: none. */
  readonly limit: () => number | null
  /** See `LANES_ROUND_TRIP_MS`. */
  readonly minRoundTripMs: number
}

interface PeerView extends LanePeer {
  /** The shortest so far: later ones have the queues of our own transfer in them. */
  roundTripMs: number
  /** Since when its requests have been open without a gap; null: they are not. */
  busySince: number | null
  busyUntil: number
  /** Of its bytes, over the last seconds. */
  readonly rate: RateMeter
  /** The request that has been open for longest, and since when it is the one. */
  oldest: { readonly request: unknown; readonly since: number }
  /** Its bytes, and those of its lanes, when their share was last looked at. */
  share: { readonly at: number; readonly downloaded: number; readonly onLanes: number }
}

interface Trial {
  readonly peer: PeerView
  readonly lanesBefore: number
  /** Bytes a second before it. */
  readonly rateBefore: number
  /** When its lanes were open; null: they are opening. */
  openedAt: number | null
  measured: { readonly at: number; readonly received: number } | null
}

/**
 * Decides, where we receive, how many lanes each peer has. One trial at a time: lanes for a peer that is far away and is
 * asked for much, kept when everything together becomes faster by a tenth. Times are milliseconds of `performance.now()`.
 */
export class LanePilot {
  readonly #options: PilotOptions
  readonly #peers = new Set<PeerView>()
  readonly #rate = new RateMeter(SETTLE_MS)
  #trial: Trial | null = null
  #retryMs = RETRY_MS
  #quietUntil = Number.NEGATIVE_INFINITY
  #timer: ReturnType<typeof setInterval> | null = null

  constructor(options: PilotOptions) {
    this.#options = options
  }

  add(peer: LanePeer): void {
    const now = performance.now()
    const view: PeerView = {
      ...peer,
      roundTripMs: Number.POSITIVE_INFINITY,
      busySince: null,
      busyUntil: now,
      rate: new RateMeter(RATE_MS),
      oldest: { request: undefined, since: now },
      share: { at: now, downloaded: 0, onLanes: 0 },
    }
    this.#peers.add(view)
    this.#measure(view)
    this.#timer ??= setInterval(() => this.#tick(performance.now()), TICK_MS)
  }

  remove({ wire }: Pick<LanePeer, 'wire'>): void {
    for (const peer of this.#peers) if (peer.wire === wire) this.#peers.delete(peer)
    if (this.#trial?.peer.wire === wire) this.#trial = null
    if (this.#peers.size === 0) this.stop()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  #tick(now: number): void {
    this.#rate.update(this.#options.received(), now)
    for (const peer of this.#peers) {
      this.#watch(peer, now)
      this.#closeUseless(peer, now)
    }
    if (this.#trial) this.#judge(this.#trial, now)
    else if (now >= this.#quietUntil) this.#try(now)
  }

  #watch(peer: PeerView, now: number): void {
    peer.rate.update(peer.wire.downloaded, now)
    const [request] = peer.wire.requests
    if (request !== peer.oldest.request) peer.oldest = { request, since: now }
    if (request === undefined) {
      peer.busySince = null
      return
    }
    peer.busyUntil = now
    // A connection that has only just opened may not know it yet.
    if (peer.busySince === null || peer.roundTripMs === Number.POSITIVE_INFINITY) this.#measure(peer)
    peer.busySince ??= now
  }

  #measure(peer: PeerView): void {
    peer.roundTrip(roundTripMs => {
      peer.roundTripMs = Math.min(peer.roundTripMs, roundTripMs)
    })
  }

  #closeUseless(peer: PeerView, now: number): void {
    const { busyUntil, lanes, share, wire } = peer
    if (lanes.count === 0) return
    const blockMs = (1000 * lanes.count * SENT_BLOCK_MAX_BYTES) / peer.rate.rate()
    const blocksMs = Math.min(SILENT_BLOCKS_MAX_MS, SILENT_BLOCKS * blockMs)
    const silentMs = Math.max(SILENT_MS, SILENT_ROUND_TRIPS * peer.roundTripMs, blocksMs)
    if (peer.busySince !== null && now - peer.oldest.since > silentMs) lanes.endSilent(silentMs)
    if (now - busyUntil > USELESS_MS) lanes.retire()
    if (now - share.at < USELESS_MS) return
    const [all, onLanes] = [wire.downloaded - share.downloaded, lanes.receivedBytes - share.onLanes]
    peer.share = { at: now, downloaded: wire.downloaded, onLanes: lanes.receivedBytes }
    const isTrial = this.#trial?.peer === peer
    if (!isTrial && all > 0 && share.downloaded > 0 && onLanes < WORTH * all)
      this.#drop(peer, lanes.count, now)
  }

  #try(now: number): void {
    const rate = this.#rate.rate()
    const { limit, minRoundTripMs, missing } = this.#options
    const most = limit()
    if (rate === 0 || (most !== null && rate >= LIMITED * most)) return
    for (const peer of this.#peers) {
      const { busySince, lanes, roundTripMs } = peer
      if (busySince === null || now - busySince < BUSY_MS || !lanes.mayOpen) continue
      if (!(roundTripMs >= minRoundTripMs) || roundTripMs === Number.POSITIVE_INFINITY) continue
      if (missing() < Math.max(WORTH_BYTES, WORTH_SECONDS * rate)) return
      const lanesBefore = lanes.count
      this.#trial = { peer, lanesBefore, rateBefore: rate, openedAt: null, measured: null }
      log('trial', { lanes: lanesBefore, rate: Math.round(rate), roundTripMs: Math.round(roundTripMs) })
      lanes.open(LANES_AT_ONCE)
      return
    }
  }

  #judge(trial: Trial, now: number): void {
    const { lanesBefore, measured, peer, rateBefore } = trial
    const { lanes, roundTripMs } = peer
    if (lanes.count <= lanesBefore) {
      // Refused, or not possible.
      this.#end(now, 'refused')
      return
    }
    if (trial.openedAt === null) {
      if (lanes.opening === 0) trial.openedAt = now
      return
    }
    const received = this.#options.received()
    const settleMs = Math.max(SETTLE_MS, SETTLE_ROUND_TRIPS * roundTripMs)
    if (!measured) {
      if (now - trial.openedAt >= settleMs) trial.measured = { at: now, received }
      return
    }
    if (now - measured.at < settleMs) return
    const rate = (1000 * (received - measured.received)) / (now - measured.at)
    if (rate >= (1 + WORTH) * rateBefore) {
      log('kept', { lanes: lanes.count, rate: Math.round(rate), rateBefore: Math.round(rateBefore) })
      this.#trial = null
      this.#retryMs = RETRY_MS
      return
    }
    this.#drop(peer, lanes.count - lanesBefore, now)
  }

  #drop(peer: PeerView, count: number, now: number): void {
    peer.lanes.retire(count)
    this.#end(now, 'useless')
  }

  #end(now: number, reason: string): void {
    log('no more lanes for now', { reason, forMs: this.#retryMs })
    this.#trial = null
    this.#quietUntil = now + this.#retryMs
    this.#retryMs = Math.min(RETRY_MAX_MS, 2 * this.#retryMs)
  }
}
