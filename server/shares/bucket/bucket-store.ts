import type { Kysely } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Tables } from '../tables.ts'

/**
 * - `uploading`: some of it may be in the bucket, or all
 * - `there`: all of it is, as its hashes say
 * - `removing`: what is left of it must go
 * - `gone`: nothing is left; the row tells the other nodes
 */
type BucketState = 'uploading' | 'there' | 'removing' | 'gone'

/** What the bucket has of one share. */
export interface BucketShare {
  readonly infoHash: InfoHash
  readonly state: BucketState
  /** Who uploads it, or did. */
  readonly node: string
  /** File of which a multipart upload may be open. */
  readonly openFile: number | null
  /** Of `there`. */
  readonly objects: number
  readonly bytes: number
  readonly changedAt: Date
}

/** When a node has not gone on with an upload since this time, another one may. */
interface Claim {
  readonly node: string
  readonly at: Date
  readonly abandonedBefore: Date
}

/** What is in the bucket, by info hash. It is written before the bucket is, so that nothing in there is unknown here. */
export interface BucketStore {
  /** All that changed since `since`, `gone` ones too. */
  changed(since: Date): Promise<readonly BucketShare[]>
  find(infoHash: InfoHash): Promise<BucketShare | undefined>
  /** A node begins or goes on to upload a published share; false when it may not, or not now. */
  claim(infoHash: InfoHash, claim: Claim): Promise<boolean>
  /** The same node is still at it; false when the share must go. */
  progress(infoHash: InfoHash, node: string, openFile: number | null, at: Date): Promise<boolean>
  /** The same node has uploaded all of it; false when the share must go. */
  finish(
    infoHash: InfoHash,
    node: string,
    has: Pick<BucketShare, 'objects' | 'bytes'>,
    at: Date,
  ): Promise<boolean>
  /** What is there of a share must go. One that was never there is passed over. */
  remove(infoHash: InfoHash, at: Date): Promise<void>
  /** The same for an unknown share of which something was found. */
  removeFound(infoHash: InfoHash, at: Date): Promise<void>
  /** Something is missing of a share that was `there`. */
  reopen(infoHash: InfoHash, at: Date): Promise<void>
  /** What must go: shares that are not published (any more), and uploads that stand still since `stalledBefore`. */
  removeUnpublished(stalledBefore: Date, at: Date): Promise<void>
  /** Nothing is left of a share that was to go. */
  gone(infoHash: InfoHash, at: Date): Promise<void>
  /** Forget those that are gone since `before`. */
  prune(before: Date): Promise<void>
}

/** The store in a database. */
export function bucketStoreIn(database: Kysely<Tables>): BucketStore {
  const select = () => database.selectFrom('bucket_shares').selectAll()
  const update = () => database.updateTable('bucket_shares')
  const rowOf = (infoHash: InfoHash) => update().where('info_hash', '=', infoHash)
  /** The upload of `node`, unless the share was taken away from it. */
  const uploadOf = (infoHash: InfoHash, node: string) =>
    rowOf(infoHash).where('state', '=', 'uploading').where('node', '=', node)
  const published = () => database.selectFrom('shares').select('shares.info_hash')
  return {
    changed: async since => {
      const rows = await select().where('changed_at', '>=', since.getTime()).execute()
      return rows.map(shareOf)
    },
    find: async infoHash => {
      const row = await select().where('info_hash', '=', infoHash).executeTakeFirst()
      return row && shareOf(row)
    },
    claim: async (infoHash, { abandonedBefore, at, node }) => {
      const values = { state: 'uploading', node, objects: 0, bytes: 0, changed_at: at.getTime() } as const
      const { numInsertedOrUpdatedRows } = await database
        .insertInto('bucket_shares')
        .columns(['info_hash', 'state', 'node', 'objects', 'bytes', 'changed_at'])
        .expression(({ selectFrom, val }) =>
          selectFrom('shares')
            .select(({ cast }) => [
              'shares.info_hash',
              cast<'uploading'>(val(values.state), 'text').as('state'),
              cast<string>(val(node), 'text').as('node'),
              cast<number>(val(0), 'integer').as('objects'),
              cast<number>(val(0), 'bigint').as('bytes'),
              cast<number>(val(values.changed_at), 'bigint').as('changed_at'),
            ])
            .where('shares.info_hash', '=', infoHash),
        )
        .onConflict(conflict =>
          conflict
            .column('info_hash')
            .doUpdateSet(values)
            .where(({ and, eb, or }) =>
              or([
                eb('bucket_shares.state', '=', 'gone'),
                and([
                  eb('bucket_shares.state', '=', 'uploading'),
                  or([
                    eb('bucket_shares.node', '=', node),
                    eb('bucket_shares.changed_at', '<', abandonedBefore.getTime()),
                  ]),
                ]),
              ]),
            ),
        )
        .executeTakeFirst()
      return Number(numInsertedOrUpdatedRows) > 0
    },
    progress: async (infoHash, node, open_file, at) => {
      const change = { open_file, changed_at: at.getTime() }
      return isDone(await uploadOf(infoHash, node).set(change).executeTakeFirst())
    },
    finish: async (infoHash, node, { bytes, objects }, at) => {
      const change = { state: 'there', open_file: null, bytes, objects, changed_at: at.getTime() } as const
      return isDone(await uploadOf(infoHash, node).set(change).executeTakeFirst())
    },
    remove: async (infoHash, at) => {
      await rowOf(infoHash)
        .where('state', 'in', ['uploading', 'there'])
        .set({ state: 'removing', changed_at: at.getTime() })
        .execute()
    },
    removeFound: async (infoHash, at) => {
      const change = { state: 'removing', changed_at: at.getTime() } as const
      await database
        .insertInto('bucket_shares')
        .values({ info_hash: infoHash, node: '', open_file: null, objects: 0, bytes: 0, ...change })
        .onConflict(conflict =>
          conflict.column('info_hash').doUpdateSet(change).where('bucket_shares.state', '=', 'gone'),
        )
        .execute()
    },
    reopen: async (infoHash, at) => {
      await rowOf(infoHash)
        .where('state', '=', 'there')
        .set({ state: 'uploading', changed_at: at.getTime() })
        .execute()
    },
    removeUnpublished: async (stalledBefore, at) => {
      const change = { state: 'removing', changed_at: at.getTime() } as const
      await update()
        .set(change)
        .where('state', 'in', ['uploading', 'there'])
        .where('info_hash', 'not in', published())
        .execute()
      await update()
        .set(change)
        .where('state', '=', 'uploading')
        .where('changed_at', '<', stalledBefore.getTime())
        .execute()
    },
    gone: async (infoHash, at) => {
      await rowOf(infoHash)
        .where('state', '=', 'removing')
        .set({ state: 'gone', open_file: null, objects: 0, bytes: 0, changed_at: at.getTime() })
        .execute()
    },
    prune: async before => {
      await database
        .deleteFrom('bucket_shares')
        .where('state', '=', 'gone')
        .where('changed_at', '<', before.getTime())
        .execute()
    },
  }
}

const isDone = ({ numUpdatedRows }: { readonly numUpdatedRows: bigint }): boolean => numUpdatedRows > 0n

const shareOf = (row: Tables['bucket_shares']): BucketShare => ({
  infoHash: row.info_hash,
  state: row.state,
  node: row.node,
  openFile: row.open_file,
  objects: row.objects,
  bytes: row.bytes,
  changedAt: new Date(row.changed_at),
})
