import type { WidgetOptions } from './options.ts'
import type { Runner, WidgetStatus } from './status.ts'

/** A download to run for a widget. */
export interface RunRequest {
  readonly infoHash: string
  /** The current attributes, whenever this is read. */
  readonly options: WidgetOptions
  /** Whether the page is dark now. */
  readonly isDark: () => boolean
  /** Whether it may upload at the start. */
  readonly uploads: boolean
  readonly onStatus: (status: WidgetStatus) => void
  /** The download is not possible in this place. True: another place is tried, so no error is shown. */
  readonly onRefused: () => boolean
  /** The download needs this frame in the page; called first. */
  readonly onFrame: (frame: HTMLIFrameElement) => void
}

/** A place where downloads run: the page itself or a frame. Rejects where the page, its policy or the network forbids it. */
export type Place = (request: RunRequest) => Promise<Runner>

/** Origin of the server that this script came from. */
export const SERVER = new URL(import.meta.url).origin
