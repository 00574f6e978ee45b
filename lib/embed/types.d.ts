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
  /** Title or name of the share; empty until known. */
  readonly name: string
  /** What there is to download; 0 until known. */
  readonly length: number
  /** Size of the files; an encrypted share has more to download. 0 until known. */
  readonly size: number
  readonly downloaded: number
  readonly downloadRate: number
  readonly uploaded: number
  /** Null: unknown. */
  readonly timeLeft: number | null
  readonly peers: number
  /** Verified bytes that came from peers, and from web seeds. */
  readonly fromPeers: number
  readonly fromWebSeeds: number
  /** Whether it uploads to others. */
  readonly uploads: boolean
  /** Number of files of the share. */
  readonly files: number
  /** Whether the files were saved; false in a frame or a sandbox, where what is saved may be dropped without an error. */
  readonly saved: boolean
  /** Part, 0 to 1, of what is being saved right now; null: nothing is. What the browser copies by itself is not shown. */
  readonly saving: number | null
  readonly error: TabseedError | null
}

export interface TabseedError {
  /** A code of docs/api.md, or `cannot_run_here`: neither this page nor a frame can run it; the plain link is shown. */
  readonly code: string
  /** A sentence in the widget's language, or empty. */
  readonly message: string
}

export interface TabseedEventMap {
  'tabseed:progress': CustomEvent<TabseedStatus>
  'tabseed:done': CustomEvent<TabseedStatus>
  'tabseed:error': CustomEvent<TabseedError>
  /** Every change of `status`; does not bubble. */
  'tabseed:status': CustomEvent<TabseedStatus>
}

export interface TabseedDownload extends HTMLElement {
  readonly state: TabseedState
  readonly status: TabseedStatus
  /** Start or resume the download. */
  start(): void
  /** Leave the swarm; what is downloaded stays. */
  pause(): void
}

/** What `/embed/<infohash>` posts to the embedding page. Check `event.origin` and `event.source`. */
export type TabseedFrameMessage =
  | { readonly tabseed: 'ready' }
  | { readonly tabseed: 'size'; readonly height: number }
  | { readonly tabseed: 'status'; readonly status: TabseedStatus }

/** Attributes of the element, described in docs/embedding.md. */
export interface TabseedAttributes {
  readonly share: string
  readonly key?: string
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
