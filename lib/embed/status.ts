import type { WidgetAttribute } from './options.ts'
import type { TabseedState as WidgetState, TabseedStatus as WidgetStatus } from './types.d.ts'

export type { WidgetState, WidgetStatus }

/**
 * How the download of a widget stands, as its `data-state` says: `idle` before the click · `starting` the engine is on its
 * way · `waiting` nobody to fetch from · `downloading` · `paused` · `done` · `error` it ended, see `error` · `link` it cannot
 * run here, the plain link is shown.
 */
export const WIDGET_STATES = [
  'idle',
  'starting',
  'waiting',
  'downloading',
  'paused',
  'done',
  'error',
  'link',
] as const satisfies readonly WidgetState[]

export const IDLE: WidgetStatus = {
  state: 'idle',
  name: '',
  length: 0,
  downloaded: 0,
  downloadRate: 0,
  uploaded: 0,
  timeLeft: null,
  peers: 0,
  fromPeers: 0,
  fromWebSeeds: 0,
  uploads: true,
  files: 0,
  saved: false,
  error: null,
}

/** What a person or a page may have done to a download, wherever it runs. */
export interface Runner {
  start(): void
  pause(): void
  setUploads(uploads: boolean): void
  /** Another attribute of the element has changed; null: it is gone. */
  heed(name: WidgetAttribute, value: string | null): void
  /** Hand what is complete to the browser's downloads. */
  save(): void
  /** Somebody else looks after it from now on, or nobody: it is paused when it was the last. */
  close(): void
}
