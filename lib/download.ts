import { downloadZip } from 'client-zip'
import { fetchMetainfo } from './api-client.ts'
import { getEngine } from './engine/index.ts'
import { AppError } from './errors.ts'
import { requireCapabilities, swarmNetwork } from './network.ts'
import { saveBlob, saveStream } from './save.ts'
import { MemoryStore } from './storage/memory-store.ts'
import type { InfoHash } from './torrent/ids.ts'
import type { Metainfo } from './torrent/metainfo.ts'
import { saveName } from './torrent/paths.ts'

/**
 * Join the swarm of a share and fetch the files at `selected` (indexes, metainfo order).
 * Errors: `insecure_context`, `webrtc_missing`, `share_not_found`, `server_unreachable`, `metainfo_invalid`.
 */
export async function startDownload(infoHash: InfoHash, selected: readonly number[]): Promise<void> {
  requireCapabilities()
  const engine = getEngine()
  const [metainfo, network] = await Promise.all([
    engine.metainfo(infoHash) ?? fetchMetainfo(infoHash),
    swarmNetwork(),
  ])
  await engine.join(metainfo, selected, network, new MemoryStore(metainfo))
}

/** Hand a complete file to the browser's own downloads, under its own name. Errors: `storage_failed`. */
export async function saveFile(infoHash: InfoHash, index: number): Promise<void> {
  const file = requireMetainfo(infoHash).files[index]
  saveBlob(await getEngine().file(infoHash, index), saveName(file?.path.at(-1) ?? ''))
  getEngine().markSaved(infoHash)
}

/**
 * Hand the files at `indexes` (all complete) to the browser's downloads as one zip named after the share, made
 * while it is written. Paths inside are the share's own. Errors: `storage_failed`.
 */
export async function saveZip(infoHash: InfoHash, indexes: readonly number[]): Promise<void> {
  const { files, name } = requireMetainfo(infoHash)
  const engine = getEngine()
  const entries = []
  for (const index of indexes) {
    const file = files[index]
    if (!file || file.padding) continue
    const input = await engine.file(infoHash, index)
    entries.push({ name: [name, ...file.path].join('/'), input, size: file.length })
  }
  const response = downloadZip(entries, { metadata: entries })
  const length = Number(response.headers.get('content-length')) || null
  if (!response.body) throw new AppError('storage_failed', 'no zip stream')
  await saveStream(response.body, saveName(`${name}.zip`), length)
  engine.markSaved(infoHash)
}

function requireMetainfo(infoHash: InfoHash): Metainfo {
  const metainfo = getEngine().metainfo(infoHash)
  if (!metainfo) throw new AppError('storage_failed', 'this tab did not download that')
  return metainfo
}
