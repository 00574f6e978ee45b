import { z } from 'zod'
import { SerialQueue } from '../../lib/base/serial-queue.ts'
import { writeAtomic } from '../base/atomic-write.ts'
import type { Log } from '../base/log.ts'
import { readState } from '../base/read-state.ts'
import type { Swarms } from './swarms/swarms.ts'
import type { Id } from './wire-text.ts'

const wholeNumber = z.int().nonnegative()
const hex = (...bytes: readonly number[]) =>
  z.string().regex(new RegExp(`^(${bytes.map(count => `[0-9a-f]{${2 * count}}`).join('|')})$`))

/** A classic peer; byte strings as hex digits. */
const peerSchema = z.object({
  /** See `ClassicPeer.compact`. */
  compact: hex(6, 18),
  id: hex(20),
  seed: z.boolean(),
  downloaded: wholeNumber,
  /** When it last announced, in seconds of Unix time. */
  seenAt: wholeNumber,
})
/** Swarms by info hash, in hex digits. */
const stateSchema = z.object({
  swarms: z.record(
    hex(20),
    z.object({
      completed: wholeNumber,
      bytes: wholeNumber,
      /** In milliseconds of Unix time. */
      completedAt: wholeNumber.optional(),
      peers: z.array(peerSchema).optional(),
    }),
  ),
})
type State = z.infer<typeof stateSchema>

/** Most peers that are saved of each swarm, the latest first: more than one announce is answered with. */
const PEERS_MAX = 500

/**
 * The tracker's state over a restart: completed downloads and downloaded bytes of each share, and classic peers, which
 * announce again only when their interval is over. Tabs reconnect by themselves. Written atomically, so that a kill leaves
 * the old file or the new one.
 */
export class StateFile {
  readonly #path: string
  #written = ''
  /** Saves run one after the other, because they write to the same file. */
  readonly #saves = new SerialQueue()

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Restores into `swarms` what an earlier process saved, except what is no longer tracked. False when there is nothing;
   * a damaged file is put aside and logged. Errors: the file system's own.
   */
  load(swarms: Swarms, log: Log): boolean {
    const state = readState(this.#path, stateSchema, log)
    if (state === null) return false
    for (const [hash, { peers, ...totals }] of Object.entries(state.swarms)) {
      const infoHash = idOf(hash)
      if (swarms.refusal(infoHash) !== undefined) continue
      swarms.restoreTotals(infoHash, totals)
      for (const { compact, downloaded, id, seed, seenAt } of peers ?? []) {
        // The clock may have been set back since.
        const age = Math.max(0, Date.now() - 1000 * seenAt)
        swarms.restorePeer(infoHash, { compact: idOf(compact), id: idOf(id), seed, downloaded, age })
      }
    }
    return true
  }

  /** Saves if something changed since the last time; rejects when that fails, and the old file stays. */
  save(swarms: Swarms): Promise<void> {
    return this.#saves.add(() => this.#save(swarms))
  }

  async #save(swarms: Swarms): Promise<void> {
    const text = JSON.stringify(stateOf(swarms))
    if (text === this.#written) return
    await writeAtomic(this.#path, text)
    this.#written = text
  }
}

function stateOf(swarms: Swarms): State {
  const state: State['swarms'] = {}
  for (const [id, totals] of swarms.totals()) state[hexOf(id)] = { ...totals }
  for (const swarm of swarms.all()) {
    if (swarm.classic.size === 0) continue
    const latest = [...swarms.savedPeers(swarm)].sort((a, b) => a.age - b.age).slice(0, PEERS_MAX)
    const peers = latest.map(({ age, compact, downloaded, id, seed }) => ({
      compact: hexOf(compact),
      id: hexOf(id),
      seed,
      // Clients may claim any number of bytes; the file holds safe integers.
      downloaded: Math.min(downloaded, Number.MAX_SAFE_INTEGER),
      seenAt: Math.round((Date.now() - age) / 1000),
    }))
    const totals = state[hexOf(swarm.infoHash)] ?? { completed: 0, bytes: 0 }
    state[hexOf(swarm.infoHash)] = { ...totals, peers }
  }
  return { swarms: state }
}

const idOf = (digits: string): Id => Buffer.from(digits, 'hex').toString('latin1')
const hexOf = (id: Id): string => Buffer.from(id, 'latin1').toString('hex')
