import type { WidgetOptions } from './options.ts'
import type { Runner, WidgetStatus } from './status.ts'

/** A download that a widget wants run. */
export interface RunRequest {
  readonly infoHash: string
  /** As they are whenever it is read. */
  readonly options: WidgetOptions
  /** The colours of the page around, as they are whenever it is asked. */
  readonly isDark: () => boolean
  /** What the person's switch says. */
  readonly uploads: boolean
  readonly onStatus: (status: WidgetStatus) => void
  /** It turned out not to be possible here. True: it is tried elsewhere, and nobody needs to be told. */
  readonly onRefused: () => boolean
  /** Something has to be in the page for it; called before anything else. */
  readonly onFrame: (frame: HTMLIFrameElement) => void
}

/** Where downloads can run: in the page itself or in a frame. Rejects where the page, its policy or the network forbids it. */
export type Place = (request: RunRequest) => Promise<Runner>

/** Origin of the server that our own script came from. */
export const SERVER = new URL(import.meta.url).origin
