import { readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Id } from './swarms/swarm.ts'
import type { Swarms } from './swarms/swarms.ts'

const wholeNumber = z.int().nonnegative()
const hex = (...bytes: readonly number[]) =>
  z.string().regex(new RegExp(`^(${bytes.map(count => `[0-9a-f]{${2 * count}}`).join('|')})$`))

/** Byte strings as hex digits. */
const peerSchema = z.object({
  /** See `ClassicPeer.compact`. */
  compact: hex(6, 18),
  id: hex(20),
  seed: z.boolean(),
  downloaded: wholeNumber,
  /** When it last announced: seconds of Unix time. */
  seenAt: wholeNumber,
})
/** By info hash. */
const stateSchema = z.object({
  swarms: z.record(
    hex(20),
    z.object({ completed: wholeNumber, bytes: wholeNumber, peers: z.array(peerSchema).optional() }),
  ),
})
type State = z.infer<typeof stateSchema>

/** Kept of each swarm, the latest: more than an announce is answered with. */
const PEERS_MAX = 500

/**
 * What the tracker keeps over a restart: how often each share was completed, the bytes its peers fetched, and classic peers,
 * which announce again only when they would have anyway. Tabs come back by themselves. Written beside its place and
 * renamed, so that a kill leaves the old file or the new one.
 */
export class StateFile {
  readonly #path: string
  #written = ''
  #lastTurn: Promise<void> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Give `swarms` what an earlier run saved, except what is tracked no more. False when nothing can be read. */
  load(swarms: Swarms): boolean {
    const text = this.#read()
    const state = text === undefined ? undefined : stateSchema.safeParse(parseJson(text)).data
    if (state === undefined) return false
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

  /** Save what changed since the last time; rejects when the disk does not take it, and the old file stays. */
  save(swarms: Swarms): Promise<void> {
    // One at a time: they write to the same place.
    const turn = this.#lastTurn.then(() => this.#save(swarms))
    this.#lastTurn = turn.catch(() => {})
    return turn
  }

  async #save(swarms: Swarms): Promise<void> {
    const text = JSON.stringify(stateOf(swarms))
    if (text === this.#written) return
    try {
      await writeFile(`${this.#path}.new`, text, { mode: 0o600, flush: true })
      await rename(`${this.#path}.new`, this.#path)
      this.#written = text
    } catch (reason) {
      await rm(`${this.#path}.new`, { force: true })
      throw reason
    }
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8')
    } catch {
      return undefined
    }
  }
}

function stateOf(swarms: Swarms): State {
  const state: State['swarms'] = {}
  for (const [id, { bytes, completed }] of swarms.totals()) state[hexOf(id)] = { completed, bytes }
  for (const swarm of swarms.all()) {
    if (swarm.classic.size === 0) continue
    const latest = [...swarms.keptPeers(swarm)].sort((a, b) => a.age - b.age).slice(0, PEERS_MAX)
    const peers = latest.map(({ age, compact, downloaded, id, seed }) => ({
      compact: hexOf(compact),
      id: hexOf(id),
      seed,
      // Clients may claim any number of bytes.
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
