/** `/embed-engine.js`: the engine of the pages for widgets on pages of other origins, loaded on click. */
import './without-eval.ts'
import { setServer } from '../../api/server-url.ts'
import { parseInfoHash } from '../../torrent/ids.ts'
import { type RunRequest, SERVER } from '../place.ts'
import type { Runner } from '../status.ts'
import { WidgetDownload } from './download.ts'

export { completeMedia, openMedia } from './media.ts'

setServer(SERVER)

/** Widgets of one share show the same download. */
const downloads = new Map<string, WidgetDownload>()

/** Take part in a download for one widget. */
export function open(request: RunRequest): Runner {
  const infoHash = parseInfoHash(request.infoHash)
  if (infoHash === null) throw new TypeError('not an info hash')
  const download = downloads.get(infoHash) ?? new WidgetDownload(infoHash)
  downloads.set(infoHash, download)
  return download.join(request)
}
