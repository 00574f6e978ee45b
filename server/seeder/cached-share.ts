import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { setBackgroundTimeout } from '../../lib/base/timer.ts'
import { fileName } from '../../lib/storage/disk/disk-folder.ts'
import { PackedFiles, type PackedMetainfo } from '../shares/metainfo/packed-metainfo.ts'
import type { HostedShare } from '../web-seeds/hosted-shares.ts'
import type { CacheReport } from './link/messages.ts'

/** Uses over HTTP within this many milliseconds are reported to the seeder in one message. */
const USE_INTERVAL_MS = 2_000

/** A share whose copy the seeder holds, as the server knows it. */
export class CachedShare implements HostedShare {
  readonly metainfo: PackedMetainfo
  /** The latest that the seeder reported; null until the first report. */
  state: CacheReport | null = null
  readonly #folder: string
  readonly #reports: Reports
  #unreportedBytes = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  /** `folder` holds the seeder's copy. */
  constructor(metainfo: PackedMetainfo, folder: string, reports: Reports) {
    this.metainfo = metainfo
    this.#folder = folder
    this.#reports = reports
  }

  get complete(): boolean {
    return this.state?.complete ?? false
  }

  file(index: number): string | null {
    const path = join(this.#folder, fileName(index))
    return this.complete && isWhole(path, new PackedFiles(this.metainfo).at(index)?.length) ? path : null
  }

  touched(bytesSent: number): void {
    this.#unreportedBytes += bytesSent
    this.#timer ??= setBackgroundTimeout(() => {
      this.#reports.use(this.#unreportedBytes)
      this.#unreportedBytes = 0
      this.#timer = null
    }, USE_INTERVAL_MS)
  }

  damaged(piece: number): void {
    this.#reports.damage(piece)
  }
}

/** Messages to the seeder. */
interface Reports {
  /** The bytes sent since the last call. */
  readonly use: (bytes: number) => void
  /** A piece failed its hash. */
  readonly damage: (piece: number) => void
}

/** False for an empty file of the share, which has no file on disk. */
function isWhole(path: string, length: number | undefined): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found?.isFile() === true && found.size === length
}
