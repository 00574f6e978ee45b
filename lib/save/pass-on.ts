import { fetchMetainfo } from '../api/client.ts'
import { AppError } from '../base/errors.ts'
import { getEngine } from '../engine/index.ts'
import { downloadNetwork } from '../network/network.ts'
import { deleteDownload } from '../session/downloads.ts'
import { PassingStore } from '../storage/passing-store.ts'
import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { saveName } from '../torrent/paths.ts'
import { type SaveWatch, saveInto, saveStream } from './save.ts'
import { zipOf } from './save-files.ts'

/**
 * Fetch the files at `indexes` in order straight into `target`, or into the browser's downloads, keeping nothing: one
 * file as it is, several as a zip. Cannot be resumed, and gives nothing to others.
 * Errors: `cancelled`, `storage_failed`, and those of joining a swarm.
 */
export async function passOn(
  infoHash: InfoHash,
  indexes: readonly number[],
  target: FileSystemFileHandle | null,
  watch: SaveWatch,
): Promise<void> {
  const engine = getEngine()
  const [metainfo, network] = await Promise.all([fetchMetainfo(infoHash), downloadNetwork(infoHash)])
  // What was played until now makes room.
  await deleteDownload(infoHash)
  await engine.join(metainfo, [], network, new PassingStore(metainfo))
  try {
    const { name, length, stream } = contentOf(metainfo, indexes)
    if (target) await saveInto(target, stream, watch)
    else await saveStream(stream, name, length, watch)
  } finally {
    await engine.remove(infoHash)
  }
}

/** Name of what `passOn` saves: the file's own, or a zip's. `files` are the paths of all that is wanted. */
export const passedName = (shareName: string, files: readonly (readonly string[])[]): string =>
  saveName(files.length === 1 ? (files[0]?.at(-1) ?? '') : `${shareName}.zip`)

function contentOf(metainfo: Metainfo, indexes: readonly number[]) {
  const read = (index: number) => {
    const file = metainfo.files[index]
    if (!file) throw new AppError('storage_failed', `there is no file ${index}`)
    return getEngine().read(metainfo.infoHash, file.offset, file.offset + file.length)
  }
  const [only] = indexes
  if (only === undefined || indexes.length > 1) return zipOf(metainfo, indexes, async index => read(index))
  const { path = [], length = 0 } = metainfo.files[only] ?? {}
  return { name: passedName(metainfo.name, [path]), length, stream: read(only) }
}
