import { thisTab } from '../../../../lib/browser/this-tab.ts'
import { mediaOf } from '../../../../lib/play/media.ts'
import { collect, type SaveWatch } from '../../../../lib/save/save.ts'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import { saveName } from '../../../../lib/torrent/paths.ts'

interface SharedFile {
  readonly index: number
  readonly path: readonly string[]
}

/** More than a handful is for a zip. */
const FILES_MAX = 10

const named = (blob: BlobPart[], { path }: SharedFile): File => {
  const name = saveName(path.at(-1) ?? '')
  return new File(blob, name, { type: mediaOf(name)?.type ?? '' })
}

/** Whether this is a phone or tablet whose share sheet takes files like these (Web Share, level 2). */
export function canShareFiles(files: readonly SharedFile[]): boolean {
  if (files.length > FILES_MAX || !matchMedia('(pointer: coarse)').matches) return false
  return navigator.canShare?.({ files: files.map(file => named([], file)) }) ?? false
}

/** Complete files as the share sheet takes them, at once; null where they have to be decrypted first. Errors: `storage_failed`. */
export async function filesAtOnce(
  infoHash: InfoHash,
  files: readonly SharedFile[],
): Promise<readonly File[] | null> {
  const { session } = thisTab()
  if ((await session.metainfo(infoHash))?.sealed) return null
  return Promise.all(files.map(async file => named([await session.file(infoHash, file.index)], file)))
}

/** The same, decrypted. Errors: `storage_failed`, `content_forged`, `cancelled`. */
export async function decryptFiles(
  infoHash: InfoHash,
  files: readonly SharedFile[],
  { signal, onProgress }: SaveWatch,
): Promise<readonly File[]> {
  const decrypted: File[] = []
  let before = 0
  for (const file of files) {
    const stream = await thisTab().session.open(infoHash, file.index)
    const blob = await collect(stream, { signal, onProgress: bytes => onProgress(before + bytes) })
    before += blob.size
    decrypted.push(named([blob], file))
  }
  return decrypted
}

/**
 * Hands files to the share sheet; closing it is no error. False when the click is too long ago for the browser, which opens no
 * sheet then. Errors: the browser's own.
 */
export async function openShareSheet(files: readonly File[]): Promise<boolean> {
  try {
    await navigator.share({ files: [...files] })
  } catch (reason) {
    if (!(reason instanceof DOMException)) throw reason
    if (reason.name === 'NotAllowedError') return false
    if (reason.name !== 'AbortError') throw reason
  }
  return true
}
