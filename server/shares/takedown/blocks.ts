import { AppError } from '../../../lib/base/errors.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Block, TakedownStore } from './takedown-store.ts'

/** Everything that is blocked, in memory too: every request for a share asks. */
export class Blocks {
  readonly #store: TakedownStore
  readonly #appeal: string
  readonly #byInfoHash = new Map<InfoHash, Block>()
  readonly #byContent = new Map<string, Block>()

  private constructor(store: TakedownStore, contact: string | undefined) {
    this.#store = store
    this.#appeal = contact === undefined ? 'to appeal, ask whoever runs this server' : `to appeal: ${contact}`
  }

  /** `contact`: where one appeals. */
  static async open(store: TakedownStore, contact: string | undefined): Promise<Blocks> {
    const blocks = new Blocks(store, contact)
    for (const block of await store.listBlocks()) blocks.#remember(block)
    return blocks
  }

  /** Newest first. */
  list(): readonly Block[] {
    return [...this.#byInfoHash.values()].sort((a, b) => b.at.getTime() - a.at.getTime())
  }

  get size(): number {
    return this.#byInfoHash.size
  }

  of(infoHash: InfoHash): Block | undefined {
    return this.#byInfoHash.get(infoHash)
  }

  /** Errors: `share_blocked` if it may not be published here, with the reason and how to appeal. */
  refuse(infoHash: InfoHash, content: string | null = null): void {
    const block = this.#byInfoHash.get(infoHash) ?? (content === null ? null : this.#byContent.get(content))
    if (block) throw new AppError('share_blocked', this.explain(block))
  }

  /** The reason, and how to appeal. */
  explain({ reason }: Block): string {
    return reason === '' ? this.#appeal : `${reason}; ${this.#appeal}`
  }

  async add(blocks: readonly Block[]): Promise<void> {
    await this.#store.putBlocks(blocks)
    for (const block of blocks) this.#remember(block)
  }

  /** Also those of the same content, which would keep it blocked. Returns all that are no longer blocked. */
  async remove(infoHash: InfoHash): Promise<readonly Block[]> {
    const block = this.of(infoHash)
    if (!block) return []
    const { content } = block
    const same = content === null ? [block] : this.list().filter(other => other.content === content)
    await this.#store.removeBlocks(same.map(other => other.infoHash))
    for (const other of same) this.#byInfoHash.delete(other.infoHash)
    if (content !== null) this.#byContent.delete(content)
    return same
  }

  /** Of `infoHashes`, `blocks` are all that are blocked: another node may have done it. Returns those of which that is news. */
  replace(infoHashes: readonly InfoHash[], blocks: readonly Block[]): readonly InfoHash[] {
    const blocked = new Map(blocks.map(block => [block.infoHash, block]))
    const news = infoHashes.filter(infoHash => blocked.has(infoHash) !== this.#byInfoHash.has(infoHash))
    for (const infoHash of infoHashes) {
      const block = blocked.get(infoHash)
      if (block) this.#remember(block)
      else this.#forget(infoHash)
    }
    return news
  }

  /** Reads again what the store says of a share that could not be published. */
  async lookAgain(infoHash: InfoHash, content: string | null): Promise<void> {
    for (const block of await this.#store.findBlocks([infoHash], content)) this.#remember(block)
  }

  #forget(infoHash: InfoHash): void {
    const block = this.#byInfoHash.get(infoHash)
    this.#byInfoHash.delete(infoHash)
    const content = block?.content ?? null
    if (content === null || this.#byContent.get(content)?.infoHash !== infoHash) return
    const same = this.list().find(other => other.content === content)
    if (same) this.#byContent.set(content, same)
    else this.#byContent.delete(content)
  }

  #remember(block: Block): void {
    this.#byInfoHash.set(block.infoHash, block)
    if (block.content !== null) this.#byContent.set(block.content, block)
  }
}
