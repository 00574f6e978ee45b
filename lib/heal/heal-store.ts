import { AppError } from '../base/errors.ts'
import { BlobStore, sourceOf } from '../storage/blob-store.ts'
import { isPiece } from '../storage/piece-hash.ts'
import { type PieceStore, pieceSize } from '../storage/piece-store.ts'
import type { ByteSource, Metainfo } from '../torrent/metainfo.ts'
import { hasPiece, setPiece } from '../torrent/piece-map.ts'

interface HealStoreOptions {
  readonly metainfo: Metainfo
  /** The local copy, as long as the files of the share. */
  readonly content: Blob
  /** Bitfield (BEP 3) of its good pieces. */
  readonly good: Uint8Array
  /** Store for the other pieces. */
  readonly patch: PieceStore
  /** False when the patch store existed before: then it belongs to a download. */
  readonly ownsPatch: boolean
  /** The copy changed on disk, so `good` is no longer certain. */
  readonly onCopyChanged: () => void
}

/** Store of a copy under repair: good pieces are read from the person's own files, only the others are stored. */
export class HealStore implements PieceStore {
  /** A reload takes the person's own files away, and without them the patch is useless. */
  readonly kind = 'memory'
  readonly have: Uint8Array<ArrayBuffer>
  readonly #options: HealStoreOptions
  readonly #local: BlobStore
  /** The copy, of an opened share as it was published: encrypted. */
  readonly #source: ByteSource

  constructor(options: HealStoreOptions) {
    const { content, good, metainfo, onCopyChanged, patch } = options
    this.#options = options
    this.#source = metainfo.sealed?.seal(sourceOf(content)) ?? sourceOf(content)
    this.#local = new BlobStore(this.#source, metainfo.pieceLength, onCopyChanged)
    this.have = new Uint8Array(good)
    for (const [at, byte] of patch.have.entries()) this.have[at] = (this.have[at] ?? 0) | byte
  }

  get pendingBytes(): number {
    return this.#options.patch.pendingBytes
  }

  read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#isLocal(index)
      ? this.#local.read(index, offset, length)
      : this.#options.patch.read(index, offset, length)
  }

  async write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const fits = await this.#options.patch.write(index, bytes)
    if (fits) setPiece(this.have, index)
    return fits
  }

  async select(): Promise<void> {}

  /** Good pieces by reference to the copy, the others from the patch. */
  async file(index: number): Promise<Blob> {
    const { content, metainfo } = this.#options
    const file = metainfo.files[index]
    if (!file) throw new AppError('storage_failed', `there is no file ${index}`)
    const parts: BlobPart[] = []
    const end = file.offset + file.length
    for (let at = file.offset; at < end; ) {
      const piece = Math.floor(at / metainfo.pieceLength)
      const start = piece * metainfo.pieceLength
      const to = Math.min(end, start + metainfo.pieceLength)
      // One Blob a piece: the browser keeps their bytes outside this tab's heap.
      parts.push(
        this.#isLocal(piece) && !metainfo.sealed
          ? content.slice(at, to)
          : new Blob([await this.read(piece, at - start, to - at)]),
      )
      at = to
    }
    return new Blob(parts)
  }

  /**
   * A whole piece, checked against its hash once more. Errors: `copy_changed` (the local file changed since it was
   * checked), `storage_failed`.
   */
  async piece(index: number): Promise<Uint8Array<ArrayBuffer>> {
    const { metainfo } = this.#options
    const size = pieceSize(metainfo, index)
    const start = index * metainfo.pieceLength
    const local = this.#isLocal(index)
    const bytes = local
      ? await this.#source.read(start, start + size).catch(cause => {
          throw new AppError('copy_changed', '', { cause })
        })
      : await this.read(index, 0, size)
    if (await isPiece(metainfo.pieces, index, bytes)) return bytes
    throw new AppError(local ? 'copy_changed' : 'storage_failed', `piece ${index}`)
  }

  async close(): Promise<void> {
    await this.#local.close()
    await this.#options.patch.close()
  }

  /** Deletes the patch; the person's own files stay. */
  async destroy(): Promise<void> {
    this.have.fill(0)
    await this.#local.close()
    if (this.#options.ownsPatch) await this.#options.patch.destroy()
    else await this.#options.patch.close()
  }

  #isLocal(index: number): boolean {
    return hasPiece(this.#options.good, index)
  }
}
