import { ATTRIBUTES, readOptions, type WidgetAttribute, type WidgetOptions } from '../options.ts'
import { type Place, SERVER } from '../place.ts'
import { IDLE, type WidgetState, type WidgetStatus } from '../status.ts'
import type { TabseedDownload } from '../types.d.ts'
import { Attempt } from './attempt.ts'
import { View } from './view.ts'

/** The places where a download with these options can run, in the order to try them. */
export type PlacesFor = (options: WidgetOptions) => readonly Place[]

/** States in which there is something to pause. */
const RUNNING: ReadonlySet<WidgetState> = new Set(['starting', 'waiting', 'downloading'])

/**
 * Define `<tabseed-download>`. Does nothing when the page has defined it before, in whatever version, and where there are
 * no custom elements (server rendering).
 */
export function defineWidget(placesFor: PlacesFor): void {
  if (typeof customElements === 'undefined' || customElements.get('tabseed-download')) return
  customElements.define('tabseed-download', widgetClass(placesFor))
}

/** A function, because server rendering has no `HTMLElement` to extend. */
function widgetClass(placesFor: PlacesFor) {
  return class extends HTMLElement implements TabseedDownload {
    static readonly observedAttributes = ATTRIBUTES
    readonly #view = new View(this.attachShadow({ mode: 'open' }), {
      onPress: () => this.#press(),
      onUploads: uploads => this.#setUploads(uploads),
    })
    #options = this.#readOptions()
    #status = IDLE
    #attempt: Attempt | null = null
    #frame: HTMLIFrameElement | null = null
    #uploads = true
    /** `#uploads` is not yet what the running download says. */
    #isUploadsSent = false
    /** It was removed from the page while it ran. */
    #interrupted = false
    #isDrawing = false

    /** State of the download, as in `data-state`. */
    get state(): WidgetState {
      return this.#status.state
    }

    /** State and figures of the download. */
    get status(): WidgetStatus {
      return this.#status
    }

    /** Start or resume the download. */
    start(): void {
      const { share } = this.#options
      if (share === null || !this.isConnected) return
      const runner = this.#attempt?.runner
      if (runner) runner.start()
      else if (!RUNNING.has(this.state)) this.#run(share)
    }

    /** Leave the swarm; what is downloaded stays. */
    pause(): void {
      const runner = this.#attempt?.runner
      if (runner) runner.pause()
      else if (RUNNING.has(this.state)) this.#reset()
    }

    connectedCallback(): void {
      this.#applyAttributes()
      if (this.#options.noUpload) this.#setUploads(false)
      if (this.#interrupted) this.start()
      this.#interrupted = false
    }

    disconnectedCallback(): void {
      // Frameworks move elements by removing and inserting them again.
      setTimeout(() => {
        if (this.isConnected || !RUNNING.has(this.state)) return
        this.#interrupted = true
        this.pause()
      })
    }

    attributeChangedCallback(name: WidgetAttribute, before: string | null, after: string | null): void {
      if (before === after || !this.isConnected) return
      this.#applyAttributes()
      if (name === 'no-upload') this.#setUploads(!this.#options.noUpload)
      else this.#attempt?.runner?.setAttribute(name, after)
    }

    #applyAttributes(): void {
      const { share } = this.#options
      this.#options = this.#readOptions()
      if (this.#options.share !== share) this.#reset()
      if (this.#options.autostart && this.state === 'idle') this.start()
      this.#draw()
    }

    #readOptions(): WidgetOptions {
      return readOptions(name => this.getAttribute(name), languageAround(this) || navigator.language)
    }

    #press(): void {
      if (this.state === 'done') this.#attempt?.runner?.save()
      else if (RUNNING.has(this.state)) this.pause()
      else this.start()
    }

    #setUploads(uploads: boolean): void {
      this.#uploads = uploads
      this.#isUploadsSent = (this.#attempt?.runner ?? null) !== null
      this.#attempt?.runner?.setUploads(uploads)
      this.#setStatus({ ...this.#status, uploads })
    }

    /** A status from before the last choice was heard does not turn the switch back. */
    #withUploads(status: WidgetStatus): WidgetStatus {
      if (status.uploads === this.#uploads) this.#isUploadsSent = false
      return this.#isUploadsSent ? { ...status, uploads: this.#uploads } : status
    }

    /** Forget the download; what is on disk stays. */
    #reset(): void {
      this.#attempt?.close()
      this.#attempt = null
      this.#frame = null
      this.#setStatus({ ...IDLE, uploads: this.#uploads })
    }

    #run(infoHash: string): void {
      this.#reset()
      const attempt = new Attempt(infoHash, {
        options: () => this.#options,
        uploads: () => this.#uploads && !this.#options.noUpload,
        isDark: () => getComputedStyle(this).columnRuleColor === 'rgb(255, 255, 255)',
        onStatus: status => this.#setStatus(this.#withUploads(status)),
        onFrame: frame => {
          this.#frame = frame
          this.#draw()
        },
        onNowhere: () => {
          this.#setStatus({ ...IDLE, state: 'link', error: null })
          this.#dispatch('tabseed:error', { code: 'cannot_run_here', message: '' })
        },
      })
      this.#attempt = attempt
      this.#setStatus({ ...this.#status, state: 'starting' })
      void attempt.run(placesFor(this.#options))
    }

    #setStatus(status: WidgetStatus): void {
      const before = this.#status
      this.#status = status
      this.#draw()
      this.#dispatch('tabseed:status', status)
      if (status.downloaded !== before.downloaded) this.#dispatch('tabseed:progress', status)
      if (status.state === before.state) return
      if (status.state === 'done') this.#dispatch('tabseed:done', status)
      if (status.error && status.state === 'error') this.#dispatch('tabseed:error', status.error)
    }

    #dispatch(type: string, detail: unknown): void {
      this.dispatchEvent(
        new CustomEvent(type, { bubbles: type !== 'tabseed:status', composed: true, detail }),
      )
    }

    /** Draw soon; several changes in one turn are drawn once. */
    #draw(): void {
      this.dataset['state'] = this.state
      if (this.#isDrawing) return
      this.#isDrawing = true
      queueMicrotask(() => {
        this.#isDrawing = false
        const linkText = this.querySelector('a')?.textContent.trim().slice(0, 200) ?? ''
        const { key, share } = this.#options
        const page = `${SERVER}/d/${share}${key === null ? '' : `#${key}`}`
        this.#view.draw({ options: this.#options, status: this.#status, page, linkText, frame: this.#frame })
      })
    }
  }
}

/** The nearest `lang` around `element`, across shadow roots; empty when there is none. */
function languageAround(element: Element): string {
  const root = element.getRootNode()
  const language = element.closest('[lang]')?.getAttribute('lang')
  return language ?? (root instanceof ShadowRoot ? languageAround(root.host) : '')
}
