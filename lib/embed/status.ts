import type { WidgetAttribute } from './options.ts'
import type { TabseedState as WidgetState, TabseedStatus as WidgetStatus } from './types.d.ts'

export type { WidgetState, WidgetStatus }

/**
 * States of a widget's download, as in `data-state`: `idle` before the click · `starting` the engine is loading · `waiting`
 * nobody to fetch from · `downloading` · `paused` · `done` · `error` stopped, see `error` · `link` it cannot run here, the
 * plain link is shown.
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
  size: 0,
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
  saving: null,
  error: null,
}

/** Controls a running download, in the page or in a frame. */
export interface Runner {
  start(): void
  pause(): void
  setUploads(uploads: boolean): void
  /** An attribute of the element has changed; null: it was removed. */
  setAttribute(name: WidgetAttribute, value: string | null): void
  /** Save the complete files as a browser download. */
  save(): void
  /** The widget no longer shows the download, which pauses when no other widget does. */
  close(): void
}
