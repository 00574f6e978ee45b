import { ATTRIBUTES, readOptions, type WidgetAttribute, type WidgetOptions } from '../options.ts'
import { type Place, SERVER } from '../place.ts'
import { IDLE, type Runner, type WidgetState, type WidgetStatus } from '../status.ts'
import type { TabseedDownload } from '../types.d.ts'
import { View } from './view.ts'

/** Where a widget runs, tried one after the other. */
export type PlacesFor = (options: WidgetOptions) => readonly Place[]

/** States in which there is something to go on with, or to pause. */
const RUNNING: ReadonlySet<WidgetState> = new Set(['starting', 'waiting', 'downloading'])

/**
 * Define `<tabseed-download>`; a second definition of the same page, of whatever version, changes nothing. Does nothing
 * where there are no custom elements (server rendering).
 */
export function defineWidget(placesFor: PlacesFor): void {
  if (typeof customElements === 'undefined' || customElements.get('tabseed-download')) return
  customElements.define('tabseed-download', widgetClass(placesFor))
}

/** Made when it is wanted: where there is no `HTMLElement` there is nothing to extend. */
function widgetClass(placesFor: PlacesFor) {
  return class extends HTMLElement implements TabseedDownload {
    static readonly observedAttributes = ATTRIBUTES
    readonly #view = new View(this.attachShadow({ mode: 'open' }), {
      onPress: () => this.#press(),
      onUploads: uploads => this.#setUploads(uploads),
    })
    #options = this.#readOptions()
    #status = IDLE
    #runner: Runner | null = null
    #frame: HTMLIFrameElement | null = null
    #uploads = true
    /** Counts starts: what an older one brings is not for us any more. */
    #attempt = 0
    /** It was taken out of the page while it ran. */
    #interrupted = false
    #isDrawing = false

    /** How the download stands, as `data-state` says. */
    get state(): WidgetState {
      return this.#status.state
    }

    /** The same with its numbers. */
    get status(): WidgetStatus {
      return this.#status
    }

    /** Start the download, or go on with it. */
    start(): void {
      const { share } = this.#options
      if (share === null || !this.isConnected) return
      if (this.#runner) this.#runner.start()
      else if (!RUNNING.has(this.state)) void this.#run(share)
    }

    /** Leave the swarm; what is here stays here. */
    pause(): void {
      if (this.#runner) this.#runner.pause()
      else if (RUNNING.has(this.state)) this.#reset()
    }

    connectedCallback(): void {
      this.#heedAttributes()
      if (this.#options.noUpload) this.#setUploads(false)
      if (this.#interrupted) this.start()
      this.#interrupted = false
    }

    disconnectedCallback(): void {
      // Frameworks move elements by taking them out and putting them in again.
      setTimeout(() => {
        if (this.isConnected || !RUNNING.has(this.state)) return
        this.#interrupted = true
        this.pause()
      })
    }

    attributeChangedCallback(name: WidgetAttribute, before: string | null, after: string | null): void {
      if (before === after || !this.isConnected) return
      this.#heedAttributes()
      if (name === 'no-upload') this.#setUploads(!this.#options.noUpload)
      else this.#runner?.heed(name, after)
    }

    #heedAttributes(): void {
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
      if (this.state === 'done') this.#runner?.save()
      else if (RUNNING.has(this.state)) this.pause()
      else this.start()
    }

    #setUploads(uploads: boolean): void {
      this.#uploads = uploads
      this.#runner?.setUploads(uploads)
      this.#take({ ...this.#status, uploads })
    }

    /** Forget the download; what is on disk of it stays. */
    #reset(): void {
      this.#attempt++
      this.#runner?.close()
      this.#runner = null
      this.#frame = null
      this.#take({ ...IDLE, uploads: this.#uploads })
    }

    async #run(infoHash: string): Promise<void> {
      this.#reset()
      const attempt = this.#attempt
      const isCurrent = () => attempt === this.#attempt
      const current = () => this.#options
      this.#take({ ...this.#status, state: 'starting' })
      const places = placesFor(this.#options)
      for (const place of places) {
        const refused = Promise.withResolvers<null>()
        const hasNext = place !== places.at(-1)
        const running = place({
          infoHash,
          get options() {
            return current()
          },
          isDark: () => getComputedStyle(this).columnRuleColor === 'rgb(255, 255, 255)',
          uploads: this.#uploads && !this.#options.noUpload,
          onStatus: status => isCurrent() && this.#runner && this.#take(status),
          onRefused: () => {
            const leaves = hasNext && isCurrent() && this.#status.downloaded === 0
            if (leaves) refused.resolve(null)
            return leaves
          },
          onFrame: frame => {
            if (!isCurrent()) return
            this.#frame = frame
            this.#draw()
          },
        })
        const runner = await Promise.race([running.catch(() => null), refused.promise])
        if (!isCurrent()) {
          void running.then(
            late => late.close(),
            () => undefined,
          )
          return
        }
        if (runner) {
          this.#runner = runner
          runner.start()
          // It may be refused later, when it asks for more than its own code.
          await refused.promise
          if (!isCurrent()) return
          runner.close()
        }
        this.#runner = null
        this.#frame = null
      }
      this.#take({ ...IDLE, state: 'link', error: null })
      this.#tell('tabseed:error', { code: 'cannot_run_here', message: '' })
    }

    #take(status: WidgetStatus): void {
      const before = this.#status
      this.#status = status
      this.#draw()
      this.#tell('tabseed:status', status)
      if (status.downloaded !== before.downloaded) this.#tell('tabseed:progress', status)
      if (status.state === before.state) return
      if (status.state === 'done') this.#tell('tabseed:done', status)
      if (status.error && status.state === 'error') this.#tell('tabseed:error', status.error)
    }

    #tell(type: string, detail: unknown): void {
      this.dispatchEvent(
        new CustomEvent(type, { bubbles: type !== 'tabseed:status', composed: true, detail }),
      )
    }

    /** Several changes at once are drawn once. */
    #draw(): void {
      this.dataset['state'] = this.state
      if (this.#isDrawing) return
      this.#isDrawing = true
      queueMicrotask(() => {
        this.#isDrawing = false
        const linkText = this.querySelector('a')?.textContent.trim().slice(0, 200) ?? ''
        const page = `${SERVER}/d/${this.#options.share}`
        this.#view.draw({ options: this.#options, status: this.#status, page, linkText, frame: this.#frame })
      })
    }
  }
}

/** The nearest `lang` around `element`, out of shadow trees too; empty when there is none. */
function languageAround(element: Element): string {
  const root = element.getRootNode()
  const language = element.closest('[lang]')?.getAttribute('lang')
  return language ?? (root instanceof ShadowRoot ? languageAround(root.host) : '')
}
