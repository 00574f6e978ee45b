/** Types of `<tabseed-download>`: https://HOST/embed.d.ts, described in docs/embedding.md. */

export type TabseedState =
  | 'idle'
  | 'starting'
  | 'waiting'
  | 'downloading'
  | 'paused'
  | 'done'
  | 'error'
  | 'link'

/** Amounts in bytes, rates in bytes a second, times in seconds. */
export interface TabseedStatus {
  readonly state: TabseedState
  /** Title or name of the share; empty until it is known. */
  readonly name: string
  /** 0 until it is known. */
  readonly length: number
  readonly downloaded: number
  readonly downloadRate: number
  readonly uploaded: number
  /** Null: cannot be said. */
  readonly timeLeft: number | null
  readonly peers: number
  /** Verified bytes by where they came from. */
  readonly fromPeers: number
  readonly fromWebSeeds: number
  /** Whether it gives to others. */
  readonly uploads: boolean
  /** Files of the share. */
  readonly files: number
  readonly saved: boolean
  readonly error: TabseedError | null
}

export interface TabseedError {
  /** A code of docs/api.md, or `cannot_run_here`: neither this page nor a frame may run it, and the plain link is shown. */
  readonly code: string
  /** A sentence in the widget's language, or empty. */
  readonly message: string
}

export interface TabseedEventMap {
  'tabseed:progress': CustomEvent<TabseedStatus>
  'tabseed:done': CustomEvent<TabseedStatus>
  'tabseed:error': CustomEvent<TabseedError>
  /** Whenever `status` is another one; does not bubble. */
  'tabseed:status': CustomEvent<TabseedStatus>
}

export interface TabseedDownload extends HTMLElement {
  readonly state: TabseedState
  readonly status: TabseedStatus
  /** Start the download, or go on with it. */
  start(): void
  /** Leave the swarm; what is here stays here. */
  pause(): void
}

/** What `/embed/<infohash>` posts to the page around it. Check `event.origin` and `event.source`. */
export type TabseedFrameMessage =
  | { readonly tabseed: 'ready' }
  | { readonly tabseed: 'size'; readonly height: number }
  | { readonly tabseed: 'status'; readonly status: TabseedStatus }

/** The attributes of the element, all strings; docs/embedding.md says what they do. */
export interface TabseedAttributes {
  readonly share: string
  readonly mode?: 'button' | 'card' | 'player'
  readonly theme?: 'light' | 'dark' | 'auto'
  readonly accent?: string
  readonly label?: string
  readonly name?: string
  readonly size?: string | number
  readonly sha256?: string
  readonly autostart?: boolean | ''
  readonly 'web-seed-only'?: boolean | ''
  readonly 'no-upload'?: boolean | ''
}

declare global {
  interface HTMLElementTagNameMap {
    'tabseed-download': TabseedDownload
  }
  interface HTMLElementEventMap extends TabseedEventMap {}
}
