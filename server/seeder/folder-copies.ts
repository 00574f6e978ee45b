import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { CopyTable } from './placement/copy-table.ts'
import type { SeederCopies } from './seeder-copies.ts'

interface FolderCopiesOptions {
  /** Which copies there are to be. */
  readonly table: CopyTable
  /** Those that are or were connected to this server, as they are at any time. */
  readonly seeders: ReadonlyMap<string, SeederCopies>
  /** The seeder has a copy of its own of a share that is in the folder no longer. */
  readonly onOwnCopy: (seeder: string, infoHash: InfoHash) => void
}

/** The shares in the publish folder of this server, as copies of the seeder beside it: other servers lead there. */
export class FolderCopies {
  readonly #options: FolderCopiesOptions

  constructor(options: FolderCopiesOptions) {
    this.#options = options
  }

  /** The files of a share are in the folder; `length` in bytes. */
  add(infoHash: InfoHash, length: number): void {
    const seeder = this.#seeder?.identity.id
    if (seeder === undefined) return
    const copy = { infoHash, seeder, state: 'folder', complete: true, have: length, pinned: false } as const
    this.#options.table.note(copy)
  }

  /** They are there no longer, or others; a copy that the seeder holds itself stays. */
  remove(infoHash: InfoHash): void {
    const { onOwnCopy, table } = this.#options
    const seeder = this.#seeder
    const id = seeder?.identity.id ?? ''
    if (table.get(infoHash, id)?.state !== 'folder') return
    table.remove(infoHash, id)
    if (seeder?.find(infoHash)) onOwnCopy(id, infoHash)
  }

  /** Removes what the database has of an earlier run, and is not `there` any more. */
  keepOnly(there: ReadonlyMap<InfoHash, unknown>): void {
    for (const infoHash of [...this.#options.table.shares()]) if (!there.has(infoHash)) this.remove(infoHash)
  }

  /** The seeder that runs beside this server. */
  get #seeder(): SeederCopies | undefined {
    return [...this.#options.seeders.values()].find(({ folder }) => folder !== null)
  }
}
