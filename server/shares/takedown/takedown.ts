import { setImmediate as nextTurn } from 'node:timers/promises'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import type { BlockEntry } from './block-list.ts'
import type { Blocks } from './blocks.ts'
import type { Act, Block, Blockable, TakedownStore } from './takedown-store.ts'

interface TakedownOptions {
  readonly blocks: Blocks
  readonly store: TakedownStore
  /** Refuse the peers of an info hash from now on, and its published share if there is one. */
  readonly deny: (infoHash: InfoHash) => Promise<void>
  /** Undo `deny`; the share may be published again. */
  readonly allow: (infoHash: InfoHash) => void
  /** Called when they are blocked, by an operator. */
  readonly onBlocked: (infoHashes: readonly InfoHash[], by: string) => Promise<void>
  readonly log: Log
}

/** Who does it, and why: the reason is told to everybody who asks for the share. */
interface Cause {
  readonly by: string
  readonly reason: string
}

/** How many blocks are stored in one go. */
const BATCH = 500

/** Blocking: the one act that refuses a share everywhere, and its undoing. Each is written to the audit log. */
export class Takedown {
  readonly #options: TakedownOptions

  constructor(options: TakedownOptions) {
    this.#options = options
  }

  /**
   * Refuse `infoHash` from now on, whether or not it is published, and the same content under every other info hash; what is
   * published of it is deleted with its copy. Returns all info hashes that are blocked by it.
   */
  async block(infoHash: InfoHash, { by, reason }: Cause): Promise<readonly InfoHash[]> {
    const blocked = await this.#refuse([{ infoHash, content: null, reason }], by)
    await this.#note({ by, act: 'block', infoHash, why: reason })
    this.#options.log.warn({ infoHash, by, reason, also: blocked.length - 1 }, 'share blocked')
    return blocked
  }

  /** The share, and the same content under other info hashes, may be published again; those that were blocked until now. */
  async unblock(infoHash: InfoHash, { by, reason }: Cause): Promise<readonly InfoHash[]> {
    const removed = (await this.#options.blocks.remove(infoHash)).map(block => block.infoHash)
    for (const hash of removed) this.#options.allow(hash)
    if (removed.length === 0) return removed
    await this.#note({ by, act: 'unblock', infoHash, why: reason })
    this.#options.log.warn({ infoHash, by, reason }, 'share allowed again')
    return removed
  }

  /** Block all entries of a list; those that are blocked already stay as they are. Returns how many are new. */
  async importList(entries: readonly BlockEntry[], { by, reason }: Cause): Promise<number> {
    const { blocks, log } = this.#options
    const fresh = [...new Map(entries.map(entry => [entry.infoHash, entry])).values()].filter(
      ({ infoHash }) => blocks.of(infoHash) === undefined,
    )
    for (let first = 0; first < fresh.length; first += BATCH) {
      const batch = fresh.slice(first, first + BATCH)
      await this.#refuse(
        batch.map(entry => ({ ...entry, reason: entry.reason || reason })),
        by,
      )
      // The tracker has its turn.
      await nextTurn()
    }
    await this.#note({ by, act: 'import', infoHash: null, why: `${fresh.length} of ${entries.length} new` })
    log.warn({ by, count: fresh.length }, 'block list imported')
    return fresh.length
  }

  async #refuse(entries: readonly BlockEntry[], by: string): Promise<readonly InfoHash[]> {
    const { blocks, deny, onBlocked, store } = this.#options
    const at = new Date()
    const here = new Map<InfoHash, Blockable>()
    for (const share of await store.blockable(entries.map(({ infoHash }) => infoHash)))
      here.set(share.infoHash, share)
    const direct = entries.map(({ content, infoHash, reason }): Block => {
      const known = here.get(infoHash) ?? blocks.of(infoHash)
      const { length = 0, name = '' } = known ?? {}
      return { infoHash, content: content ?? known?.content ?? null, reason, name, length, by, at }
    })
    // What is published from here on is refused; what was a moment before is found below.
    await blocks.add(direct)
    const reasons = new Map(direct.map(({ content, reason }) => [content, reason]))
    const contents = [...reasons.keys()].filter(content => content !== null)
    const same = (await store.sameContent(contents))
      .filter(share => blocks.of(share.infoHash) === undefined)
      .map((share): Block => ({ ...share, reason: reasons.get(share.content) ?? '', by, at }))
    if (same.length > 0) await blocks.add(same)
    const all = [...direct, ...same].map(({ infoHash }) => infoHash)
    for (const infoHash of all) await deny(infoHash)
    await onBlocked(all, by)
    return all
  }

  #note(act: Act): Promise<void> {
    return this.#options.store.note(act, new Date())
  }
}
