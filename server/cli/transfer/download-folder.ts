import { lstatSync, openAsBlob } from 'node:fs'
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../../../lib/base/errors.ts'
import { fileName } from '../../../lib/storage/disk/disk-folder.ts'
import type { PieceStore } from '../../../lib/storage/piece-store.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { openFileStore } from '../../node-engine/file-store.ts'

/** Unfinished downloads lie here, beside where they will be. */
const UNFINISHED = '.tabseed'

const indexes = z.array(z.int().min(0))

/** Where a download lies while it is fetched, and where its files go when it is complete. */
export class DownloadFolder {
  readonly #metainfo: Metainfo
  readonly #parent: string
  readonly #unfinished: string
  /** Says that all of these files are whole and on their way out, so that a kill in between loses nothing. */
  readonly #leaving: string

  /** `parent` will hold the file or folder of the share. */
  constructor(metainfo: Metainfo, parent: string) {
    this.#metainfo = metainfo
    this.#parent = parent
    this.#unfinished = join(parent, UNFINISHED)
    this.#leaving = join(this.#unfinished, `${metainfo.infoHash}.leaving`)
  }

  /** The file of the share, or its folder. */
  get target(): string {
    return join(this.#parent, this.#metainfo.name)
  }

  /** Where file `index` goes. */
  place(index: number): string {
    const { files, name, singleFile } = this.#metainfo
    return singleFile ? this.target : join(this.#parent, name, ...(files[index]?.path ?? []))
  }

  /** All files, in metainfo order, where they are in place. */
  blobs(): Promise<Blob[]> {
    return Promise.all(
      this.#metainfo.files.map(async ({ length, padding }, index) =>
        padding ? new Blob([new Uint8Array(length)]) : openAsBlob(this.place(index)),
      ),
    )
  }

  /** Those of these files that are in place. */
  present(selected: readonly number[]): readonly number[] {
    return selected.filter(index => exists(this.place(index)))
  }

  async open(selected: readonly number[]): Promise<PieceStore> {
    await mkdir(this.#unfinished, { recursive: true })
    return openFileStore(this.#metainfo, selected, this.#unfinished)
  }

  /** Finish what a kill interrupted while files were moved to their places. Errors: as of `moveOut`. */
  async finishMove(): Promise<void> {
    const text = await readFile(this.#leaving, 'utf8').catch(() => null)
    if (text !== null) await this.moveOut(indexes.parse(JSON.parse(text)))
  }

  /**
   * Move the complete files at `selected` to their places; the store, which is closed, goes. Errors: `storage_failed` when
   * something else stands there by now; nothing is lost then.
   */
  async moveOut(selected: readonly number[]): Promise<void> {
    const store = join(this.#unfinished, this.#metainfo.infoHash)
    await writeFile(`${this.#leaving}.new`, JSON.stringify(selected), { flush: true })
    await rename(`${this.#leaving}.new`, this.#leaving)
    for (const index of selected) {
      const { length = 0, padding = true } = this.#metainfo.files[index] ?? {}
      if (!padding) await moveFile(join(store, fileName(index)), this.place(index), length)
    }
    await rm(store, { recursive: true, force: true })
    await rm(this.#leaving, { force: true })
    await this.tidy()
  }

  /** Leave no empty folder of ours behind. */
  async tidy(): Promise<void> {
    await rmdir(this.#unfinished).catch(() => undefined)
  }
}

/** Links count as what they are. */
export const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** One that was moved before a kill is in place already. */
async function moveFile(from: string, to: string, length: number): Promise<void> {
  const there = lstatSync(to, { throwIfNoEntry: false })
  if (!exists(from)) {
    if (there?.isFile() && there.size === length) return
    if (length > 0) throw new AppError('storage_failed', `${from} is gone`)
  }
  if (there) throw new AppError('storage_failed', `${to} is there already; its download is ${from}`)
  await mkdir(dirname(to), { recursive: true })
  if (length === 0) await writeFile(to, '', { flag: 'wx' })
  else await rename(from, to)
}
