import type { BrowserTab } from '../../browser/browser-tab.ts'
import { servePlays } from '../../play/serve.ts'
import { parseInfoHash } from '../../torrent/ids.ts'
import type { RunRequest } from '../place.ts'
import type { Runner } from '../status.ts'
import { WidgetDownload } from './download.ts'
import { findDisk } from './find-disk.ts'
import { completeMedia, openMedia, type WidgetMedia } from './media.ts'

/** What all widgets of one page share. */
export class WidgetEngine {
  readonly #tab: BrowserTab
  /** By info hash: widgets of one share show the same download. */
  readonly #downloads = new Map<string, WidgetDownload>()
  #disk: Promise<void> | undefined
  #servesPlays = false

  constructor(tab: BrowserTab) {
    this.#tab = tab
  }

  /** Open the download of `request` for one widget. Throws a TypeError when the info hash is malformed. */
  open(request: RunRequest): Runner {
    const infoHash = parseInfoHash(request.infoHash)
    if (infoHash === null) throw new TypeError('not an info hash')
    const download =
      this.#downloads.get(infoHash) ??
      new WidgetDownload(this.#tab, infoHash, () => {
        this.#disk ??= findDisk().then(found => {
          this.#tab.hasDisk &&= found
        })
        return this.#disk
      })
    this.#downloads.set(infoHash, download)
    return download.join(request)
  }

  /** {@link openMedia} of a share whose swarm this page has joined. */
  async openMedia(infoHash: string): Promise<WidgetMedia | null> {
    if (!this.#servesPlays) servePlays(this.#tab)
    this.#servesPlays = true
    return openMedia(this.#tab, infoHash)
  }

  /** {@link completeMedia} of a share that this page has downloaded. */
  completeMedia(infoHash: string): Promise<WidgetMedia | null> {
    return completeMedia(this.#tab, infoHash)
  }
}
