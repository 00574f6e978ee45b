import { fetchMetainfo } from '../api/client.ts'
import { AppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { deleteDownload } from '../browser/downloads/delete-download.ts'
import type { SwarmEngine } from '../engine/engine.ts'
import { PassingStore } from '../storage/passing-store.ts'
import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { saveName } from '../torrent/paths.ts'
import { type SaveWatch, saveInto, saveStream } from './save.ts'
import { zipOf } from './save-files.ts'

/**
 * Fetch the files at `indexes` in order straight into `target`, or into the browser's downloads, without storing them:
 * one file as it is, several as a zip. Cannot be resumed, and uploads nothing.
 * Errors: `cancelled`, `storage_failed`, and those of joining a swarm.
 */
export async function passOn(
  tab: BrowserTab,
  infoHash: InfoHash,
  indexes: readonly number[],
  target: FileSystemFileHandle | null,
  watch: SaveWatch,
): Promise<void> {
  const { engine } = tab
  const [outside, network] = await Promise.all([fetchMetainfo(infoHash), tab.network.forDownload(infoHash)])
  const metainfo = await tab.seals.open(outside)
  // Makes room: what was played until now is deleted.
  await deleteDownload(tab, infoHash)
  await engine.join(metainfo, [], network, new PassingStore(metainfo))
  try {
    const { name, length, stream } = contentOf(engine, metainfo, indexes)
    if (target) await saveInto(target, stream, watch)
    else await saveStream(stream, name, length, watch)
  } finally {
    await engine.remove(infoHash)
  }
}

/** Name of what `passOn` saves: the file's own, or that of a zip. `files` are the paths of all wanted files. */
export const passedName = (shareName: string, files: readonly (readonly string[])[]): string =>
  saveName(files.length === 1 ? (files[0]?.at(-1) ?? '') : `${shareName}.zip`)

function contentOf(engine: SwarmEngine, metainfo: Metainfo, indexes: readonly number[]) {
  const read = (index: number) => {
    const file = metainfo.files[index]
    if (!file) throw new AppError('storage_failed', `there is no file ${index}`)
    return engine.readFile(metainfo.infoHash, index, { start: 0, end: file.length })
  }
  const [only] = indexes
  if (only === undefined || indexes.length > 1)
    return zipOf(metainfo, indexes, async index => read(index), 'passing')
  const { path = [], length = 0 } = metainfo.files[only] ?? {}
  return { name: passedName(metainfo.name, [path]), length, stream: read(only) }
}
