import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { debug } from '../../../lib/base/debug.ts'
import { fileName } from '../../../lib/storage/disk/disk-folder.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { piecesOf } from '../../../lib/torrent/piece-map.ts'

const log = debug('seeder:sweep')

/** Most files that are looked at in a second: hardly anything of a disk's time, also where each look moves its head. */
const FILES_PER_SECOND = 100
/** After as many there is a pause. */
const BATCH = 20
/** A round over all copies takes at least this long; over more than 18,000 files it takes longer. */
const ROUND_MS = 180_000

interface FileSweepOptions {
  /** Complete copies. */
  readonly copies: () => readonly Pick<Metainfo, 'infoHash' | 'files' | 'pieceLength'>[]
  /** Holds a folder for each copy, named by info hash. */
  readonly folder: string
  /** Looks at a piece on disk, and has all fetched again that is not there. */
  readonly verify: (infoHash: InfoHash, piece: number) => Promise<unknown>
  /** Default: `ROUND_MS`. */
  readonly roundMs?: number | undefined
}

/**
 * Looks in turns whether the files of complete copies are there and as long as they are to be, without reading them: what somebody deletes is
 * missed within minutes, and not when all of it is next read.
 */
export class FileSweep {
  readonly #options: FileSweepOptions
  readonly #ended = new AbortController()
  /** Files that were looked at since the last pause. */
  #looked = 0

  constructor(options: FileSweepOptions) {
    this.#options = options
  }

  /** Runs until `stop`; never rejects. */
  async run(): Promise<void> {
    const { copies, roundMs = ROUND_MS } = this.#options
    while (!this.#ended.signal.aborted) {
      const end = performance.now() + roundMs
      for (const copy of copies()) {
        if (this.#ended.signal.aborted) return
        await this.#look(copy).catch(reason => log('failed', { infoHash: copy.infoHash, reason }))
      }
      await this.#pause(end - performance.now())
    }
  }

  stop(): void {
    this.#ended.abort()
  }

  async #look({
    files,
    infoHash,
    pieceLength,
  }: ReturnType<FileSweepOptions['copies']>[number]): Promise<void> {
    for (const [index, file] of files.entries()) {
      const pieces = file.padding ? undefined : piecesOf(file, pieceLength)
      if (!pieces || this.#ended.signal.aborted) continue
      const size = await sizeOf(join(this.#options.folder, infoHash, fileName(index)))
      if (++this.#looked % BATCH === 0) await this.#pause((BATCH * 1000) / FILES_PER_SECOND)
      // Its last piece is not there, whichever part is missing: verifying that finds all the others.
      if (size >= file.length) continue
      await this.#options.verify(infoHash, pieces.last)
      return
    }
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#ended
    await delay(Math.max(0, ms), undefined, { signal, ref: false }).catch(() => undefined)
  }
}

/** Bytes; 0 for a file that is not there. Errors: the file system's own, when it cannot tell. */
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    (reason: NodeJS.ErrnoException) => {
      if (reason.code === 'ENOENT') return 0
      throw reason
    },
  )
