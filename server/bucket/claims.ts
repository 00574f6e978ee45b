import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import type { BucketStore } from '../shares/bucket/bucket-store.ts'
import { prefixOf, shareOfKey } from './keys.ts'
import type { Objects } from './objects.ts'
import { ABANDONED_MS } from './uploads.ts'

/** What a seeder on another machine asks its server while it uploads: the three that `Uploads` asks of a `BucketStore`. */
export type BucketAsk = { readonly infoHash: InfoHash } & (
  | { readonly ask: 'claim' }
  | { readonly ask: 'progress'; readonly openFile: number | null }
  | { readonly ask: 'finish'; readonly objects: number; readonly bytes: number }
)

/**
 * - `there`: all of it is in the bucket already
 * - `missing`: the server does not find in its bucket what was uploaded
 * - `failed`: database or bucket did not answer
 */
export type BucketAnswer = 'yes' | 'no' | 'there' | 'missing' | 'failed'

/** The list of a large share takes its time. */
const LIST_MAX_MS = 120_000

interface BucketClaimsOptions {
  readonly objects: Pick<Objects, 'list'>
  readonly store: Pick<BucketStore, 'claim' | 'find' | 'progress' | 'finish'>
  readonly log: Log
}

/** Who uploads what, for seeders on other machines: the database says it, as of the uploads of servers. */
export class BucketClaims {
  readonly #options: BucketClaimsOptions

  constructor(options: BucketClaimsOptions) {
    this.#options = options
  }

  /** Answers what the seeder of this id asks. */
  async answer(seeder: string, ask: BucketAsk): Promise<BucketAnswer> {
    try {
      return await this.#answer(`seeder ${seeder}`, ask)
    } catch (reason) {
      this.#options.log.warn(
        { err: reason, infoHash: ask.infoHash },
        'a seeder cannot upload to the bucket now',
      )
      return 'failed'
    }
  }

  async #answer(node: string, ask: BucketAsk): Promise<BucketAnswer> {
    const { store } = this.#options
    const { infoHash } = ask
    const at = new Date()
    const said = (done: boolean): BucketAnswer => (done ? 'yes' : 'no')
    if (ask.ask === 'progress') return said(await store.progress(infoHash, node, ask.openFile, at))
    if (ask.ask === 'claim') {
      const abandonedBefore = new Date(at.getTime() - ABANDONED_MS)
      if (await store.claim(infoHash, { node, at, abandonedBefore })) return 'yes'
      return (await store.find(infoHash))?.state === 'there' ? 'there' : 'no'
    }
    // Its settings may name another bucket than ours.
    const found = await this.#inBucket(infoHash)
    const { bytes, objects } = ask
    if (found.objects !== objects || found.bytes !== bytes) return 'missing'
    return said(await store.finish(infoHash, node, found, new Date()))
  }

  async #inBucket(infoHash: InfoHash) {
    const found = { objects: 0, bytes: 0 }
    const signal = AbortSignal.timeout(LIST_MAX_MS)
    for await (const { key, size } of this.#options.objects.list(prefixOf(infoHash), signal)) {
      if (shareOfKey(key) !== infoHash) continue
      found.objects += 1
      found.bytes += size
    }
    return found
  }
}
