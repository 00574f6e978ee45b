/** Runs in the page that `StorePage` opens: stores by number, called from the test. Bytes travel as base64. */
import { AppError, type ErrorCode } from '../../../../lib/base/errors.ts'
import { sharesFolder } from '../../../../lib/storage/opfs/folder.ts'
import { type OpfsStore, openOpfsStore } from '../../../../lib/storage/opfs/opfs-store.ts'
import type { Metainfo } from '../../../../lib/torrent/metainfo.ts'

/** A metainfo that can be handed over as JSON. */
export type PlainMetainfo = Omit<Metainfo, 'pieces' | 'infoBytes' | 'irregularities'> & {
  readonly pieces: string
}

export type Answer<T> =
  | { readonly value: T; readonly failure?: never }
  | { readonly failure: { readonly code: ErrorCode; readonly detail: string } }

const stores: OpfsStore[] = []
const files: Blob[] = []

const fromBase64 = (text: string) => Uint8Array.from(atob(text), char => char.charCodeAt(0))

function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

function storeAt(id: number): OpfsStore {
  const store = stores[id]
  if (!store) throw new AppError('internal', `there is no store ${id}`)
  return store
}

const folderOf = async (infoHash: string) => (await sharesFolder()).getDirectoryHandle(infoHash)

const calls = {
  async open(metainfo: PlainMetainfo, selected: readonly number[]) {
    const pieces = fromBase64(metainfo.pieces)
    const store = await openOpfsStore(
      { ...metainfo, pieces, infoBytes: new Uint8Array(), irregularities: new Set() },
      selected,
    )
    return { id: stores.push(store) - 1, report: store.report }
  },
  have: async (id: number) => toBase64(storeAt(id).have),
  read: async (id: number, index: number, offset: number, length: number) =>
    toBase64(await storeAt(id).read(index, offset, length)),
  write: (id: number, index: number, bytes: string) => storeAt(id).write(index, fromBase64(bytes)),
  select: (id: number, selected: readonly number[]) => storeAt(id).select(selected),
  file: async (id: number, index: number) => files.push(await storeAt(id).file(index)) - 1,
  fileBytes: async (id: number) => toBase64(new Uint8Array((await files[id]?.arrayBuffer()) ?? [])),
  close: (id: number) => storeAt(id).close(),
  destroy: (id: number) => storeAt(id).destroy(),
  async sizes(infoHash: string) {
    const sizes: Record<string, number> = {}
    for await (const [name, entry] of (await folderOf(infoHash)).entries()) {
      sizes[name] = (await (entry as FileSystemFileHandle).getFile()).size
    }
    return sizes
  },
  async remove(infoHash: string, name: string) {
    await (await folderOf(infoHash)).removeEntry(name)
  },
  async change(infoHash: string, name: string, size: number, bytes: string) {
    const file = await (await folderOf(infoHash)).getFileHandle(name)
    const writable = await file.createWritable({ keepExistingData: true })
    await writable.truncate(size)
    await writable.write({ type: 'write', position: 0, data: fromBase64(bytes) })
    await writable.close()
  },
}

export type Calls = typeof calls

declare global {
  /** Call one of `calls`; never rejects. */
  var callStore: (name: keyof Calls, args: readonly unknown[]) => Promise<Answer<unknown>>
}

globalThis.callStore = async (name, args) => {
  try {
    const call = calls[name] as (...args: readonly unknown[]) => Promise<unknown>
    return { value: await call(...args) }
  } catch (reason) {
    const { code, detail } =
      reason instanceof AppError ? reason : { code: 'internal' as const, detail: String(reason) }
    return { failure: { code, detail } }
  }
}
