import { thisTab } from '../../../../lib/browser/this-tab.ts'
import { mediaOf } from '../../../../lib/play/media.ts'
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

/** Hands complete files to the share sheet. Closing it is no error. Errors: `storage_failed`, `content_forged`; the browser's own. */
export async function sendToShareSheet(infoHash: InfoHash, files: readonly SharedFile[]): Promise<void> {
  const { session } = thisTab()
  const whole = await Promise.all(
    files.map(async file => named([await session.blob(infoHash, file.index)], file)),
  )
  try {
    await navigator.share({ files: whole })
  } catch (reason) {
    if (!(reason instanceof DOMException && reason.name === 'AbortError')) throw reason
  }
}
