import { lstatSync, openAsBlob } from 'node:fs'
import { chmod, readFile, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { debug } from '../../../lib/base/debug.ts'
import { AppError } from '../../../lib/base/errors.ts'
import { fileName } from '../../../lib/storage/disk/disk-folder.ts'
import type { PieceStore } from '../../../lib/storage/piece-store.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { hasPiece } from '../../../lib/torrent/piece-map.ts'
import { writeAtomic } from '../../base/atomic-write.ts'
import { FolderLock } from '../../base/folder-lock.ts'
import { makeFolder } from '../../base/make-folder.ts'
import { openFileStore } from '../../node-engine/file-store.ts'
import { streamOfBytes, withBytesOf, writeChecked } from '../encryption/decrypt-file.ts'
import { markOf, OwnStores, userStateFolder } from './own-stores.ts'
import { requireNotServed } from './served-folder.ts'
import { StandingNames } from './standing-names.ts'

const log = debug('cli:get')

/** Ends the name of a decrypted file. */
const PLAIN = '.plain'

/** Folder of unfinished downloads, beside their final place. */
const UNFINISHED = '.tabseed'

const indexes = z.array(z.int().min(0))
/** A move that was begun. Before `replace` there was a list of files alone. */
const moveSchema = z.union([
  z.object({ selected: indexes, replace: indexes }),
  indexes.transform(selected => ({ selected, replace: [] })),
])

/** Where a download is stored while it is fetched, and where its files go when it is complete. */
export class DownloadFolder {
  readonly #metainfo: Metainfo
  readonly #parent: string
  readonly #unfinished: string
  /** Lists complete files that are being moved out, so that a kill in between loses nothing. */
  readonly #leaving: string
  readonly #names: StandingNames
  readonly #stores = new OwnStores(userStateFolder(process.env))
  #lock: FolderLock | null = null

  /** `parent` will hold the file or folder of the share. */
  constructor(metainfo: Metainfo, parent: string) {
    this.#metainfo = metainfo
    this.#parent = parent
    const { files, name } = metainfo
    this.#names = new StandingNames(
      parent,
      files.map(({ path }) => [name, ...path]),
    )
    this.#unfinished = join(parent, UNFINISHED)
    this.#leaving = join(this.#unfinished, `${metainfo.infoHash}.leaving`)
  }

  /** The file of the share, or its folder. */
  get target(): string {
    return this.#names.place([this.#metainfo.name])
  }

  /** Where file `index` goes. */
  place(index: number): string {
    const { files, name, singleFile } = this.#metainfo
    return singleFile ? this.target : this.#names.place([name, ...(files[index]?.path ?? [])])
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

  /** Errors: `folder_in_use` while another process downloads the same share there, or a server writes there; those of the disk. */
  async open(selected: readonly number[]): Promise<PieceStore> {
    await requireNotServed(this.#parent)
    await makeFolder(this.#unfinished)
    const { infoHash, pieceCount } = this.#metainfo
    this.#lock = FolderLock.take(this.#unfinished, `${infoHash}.lock`)
    const isOwn = await this.#stores.has(this.#unfinished, infoHash)
    const store = await openFileStore(this.#metainfo, selected, this.#unfinished)
    if (isOwn) return store
    // It may have come with other files: what it says of its pieces is not believed.
    for (let piece = 0; piece < pieceCount; piece++)
      if (hasPiece(store.have, piece)) await store.verify(piece)
    await this.#stores.mark(this.#unfinished, infoHash)
    return store
  }

  /** Finishes a move that a kill interrupted. Errors: those of `moveOut`. */
  async finishMove(): Promise<void> {
    const text = await readFile(this.#leaving, 'utf8').catch(() => null)
    // A move that was recorded by somebody else is ignored: the download begins anew, and verifies what is there.
    if (text === null || !(await this.#stores.has(this.#unfinished, this.#metainfo.infoHash))) return
    const { replace, selected } = moveSchema.parse(JSON.parse(text))
    await this.moveOut(selected, replace)
  }

  /**
   * Moves the complete files at `selected` to their places and deletes the store, which must be closed. Only those at
   * `replace` are written over. Errors: `storage_failed` when another file is in the way; nothing is lost then.
   */
  async moveOut(selected: readonly number[], replace: readonly number[] = []): Promise<void> {
    const store = join(this.#unfinished, this.#metainfo.infoHash)
    await writeAtomic(this.#leaving, JSON.stringify({ selected, replace }))
    for (const index of selected) {
      const file = this.#metainfo.files[index]
      if (!file || file.padding) continue
      const onto = replace.includes(index) ? 'replace' : 'free'
      await this.#openFile(index, join(store, fileName(index)))
      await moveFile(join(store, placeIn(this.#metainfo, index)), this.place(index), file.length, onto)
      await setAttributes(this.place(index), file.executable, file.modified ?? this.#metainfo.creationDate)
    }
    await rm(store, { recursive: true, force: true })
    await rm(this.#leaving, { force: true })
    await rm(markOf(this.#unfinished, this.#metainfo.infoHash), { force: true })
    await this.tidy()
  }

  /**
   * Decrypts a complete file of an encrypted share, beside it; then the encrypted one is deleted. A kill in between loses nothing.
   * Errors: `content_forged`, those of the disk.
   */
  async #openFile(index: number, stored: string): Promise<void> {
    const { files, sealed } = this.#metainfo
    const file = files[index]
    if (!sealed || !file || !exists(stored)) return
    const range = { start: 0, end: file.length }
    const plain = `${stored}${PLAIN}`
    await withBytesOf(stored, file.offset, read =>
      writeChecked(sealed.open(index, range, streamOfBytes(read)), `${plain}.part`),
    )
    await rename(`${plain}.part`, plain)
    await rm(stored)
  }

  /** Deletes the folder of unfinished downloads if it is empty. */
  async tidy(): Promise<void> {
    this.#lock?.remove()
    this.#lock = null
    await rmdir(this.#unfinished).catch(() => undefined)
  }
}

/** The file of a store that is moved out: of an encrypted share, the decrypted one. */
const placeIn = ({ sealed }: Metainfo, index: number): string =>
  sealed ? `${fileName(index)}${PLAIN}` : fileName(index)

/** Whether there is anything at `path`; links are not followed. */
export const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Does nothing if the file was moved before a kill. Errors: `storage_failed`. */
async function moveFile(from: string, to: string, length: number, onto: 'free' | 'replace'): Promise<void> {
  const there = lstatSync(to, { throwIfNoEntry: false })
  if (!exists(from)) {
    if (there?.isFile() && there.size === length) return
    if (length > 0) throw new AppError('storage_failed', `${from} is gone`)
  }
  if (there && (onto === 'free' || there.isDirectory()))
    throw new AppError('storage_failed', `${to} exists already; its download is ${from}`)
  await makeFolder(dirname(to))
  if (length === 0) await writeFile(to, '', { flag: onto === 'free' ? 'wx' : 'w' })
  else await rename(from, to)
}

/** Makes a program one that everybody may run who may read it; `modified` in seconds since 1970. Best effort: some disks have neither. */
export async function setAttributes(
  path: string,
  executable: boolean,
  modified: number | null,
): Promise<void> {
  try {
    if (executable) {
      const { mode } = await stat(path)
      await chmod(path, mode | ((mode & 0o444) >> 2))
    }
    if (modified !== null) await utimes(path, modified, modified)
  } catch (error) {
    log(`${path}: ${error}`)
  }
}
