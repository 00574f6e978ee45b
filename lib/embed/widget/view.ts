import { formatBytes, formatPercent } from '../../base/format.ts'
import { directionOf } from '../../i18n/locales.ts'
import type { WidgetOptions } from '../options.ts'
import { mayBeSandboxed } from '../sandbox.ts'
import type { WidgetStatus } from '../status.ts'
import { wordsOf } from '../words.ts'
import { createPart, readableOn, setProperty, setText } from './dom.ts'
import { buttonText, fractionOf, lineText, spokenText } from './status-text.ts'
import { STYLE } from './style.ts'

/** What a person can do in a widget. */
interface ViewActions {
  /** The button is pressed, whatever its text is at the moment. */
  readonly onPress: () => void
  readonly onUploads: (uploads: boolean) => void
}

/** Everything a widget shows. */
interface Scene {
  readonly options: WidgetOptions
  readonly status: WidgetStatus
  /** Address of the share's page. */
  readonly page: string
  /** Text of the link inside the element, or empty. */
  readonly linkText: string
  /** The frame that the download runs in; then nothing else is shown. Null: it runs in the page. */
  readonly frame: HTMLIFrameElement | null
}

/** One style sheet for all widgets of a page; created by script, which no Content-Security-Policy forbids. */
let sheet: CSSStyleSheet | undefined

/** The shadow tree of one widget. Nothing is ever parsed as HTML: names are other people's text. */
export class View {
  readonly #root: ShadowRoot
  readonly #box = createPart('div', 'box')
  readonly #name = createPart('p', 'name')
  readonly #meta = createPart('p', 'meta')
  readonly #button = createPart('button', 'button')
  readonly #link = createPart('a', 'link')
  readonly #row = createPart('div', 'row')
  readonly #blocked = createPart('label', 'blocked')
  readonly #blockedText = createPart('span', 'text')
  readonly #address = createPart('input', 'address')
  readonly #bar = createPart('div', 'bar')
  readonly #fill = createPart('div', 'fill')
  readonly #line = createPart('p', 'line')
  readonly #hash = createPart('p', 'hash')
  readonly #upload = createPart('label', 'up')
  readonly #switch = createPart('input', 'switch')
  readonly #switchText = createPart('span', 'text')
  readonly #spoken = createPart('p', 'said')
  readonly #slot = document.createElement('slot')
  #announced = ''

  constructor(root: ShadowRoot, { onPress, onUploads }: ViewActions) {
    this.#root = root
    if (!sheet) {
      sheet = new CSSStyleSheet()
      sheet.replaceSync(STYLE)
    }
    root.adoptedStyleSheets = [sheet]
    this.#button.type = 'button'
    this.#button.addEventListener('click', () => {
      if (this.#button.ariaDisabled !== 'true') onPress()
    })
    this.#link.target = '_blank'
    this.#link.rel = 'noopener'
    this.#address.readOnly = true
    this.#address.dir = 'ltr'
    this.#address.addEventListener('focus', () => this.#address.select())
    this.#blocked.append(this.#blockedText, this.#address)
    this.#bar.role = 'progressbar'
    this.#bar.append(this.#fill)
    this.#switch.type = 'checkbox'
    this.#switch.role = 'switch'
    this.#switch.addEventListener('change', () => onUploads(this.#switch.checked))
    this.#upload.append(this.#switch, this.#switchText)
    this.#spoken.role = 'status'
    this.#row.append(this.#button, this.#link)
    this.#box.append(
      this.#name,
      this.#meta,
      this.#row,
      this.#bar,
      this.#line,
      this.#blocked,
      this.#hash,
      this.#upload,
      this.#spoken,
    )
    root.append(this.#box)
  }

  draw(scene: Scene): void {
    const { frame, options, status } = scene
    const plain = options.share === null || status.state === 'link'
    this.#setExtra(frame ?? (plain ? this.#slot : null))
    this.#box.hidden = options.share === null || frame !== null
    if (this.#box.hidden) return
    this.#drawBox(options, status)
    this.#drawHead(scene)
    this.#drawControls(scene)
    this.#drawProgress(scene)
  }

  /** Show `extra` above the box: the frame, the link inside the element, or nothing. */
  #setExtra(extra: HTMLElement | null): void {
    const shown = this.#box.previousSibling
    // Even put back in the same place, a frame would load again.
    if (shown === extra) return
    shown?.remove()
    if (extra) this.#root.prepend(extra)
  }

  #drawBox({ accent, language, mode, theme }: WidgetOptions, { state }: WidgetStatus): void {
    this.#box.className = `box ${mode} ${theme} ${state}`
    this.#box.lang = language
    // Whatever the page's direction is.
    this.#box.dir = directionOf(language)
    setProperty(this.#box, '--tabseed-accent', accent)
    setProperty(this.#box, '--tabseed-on-accent', accent && readableOn(accent))
  }

  #drawHead({ options, status }: Scene): void {
    const name = status.name || options.name
    const size = status.size || options.size
    setText(this.#name, options.mode === 'button' ? '' : name)
    setText(this.#meta, options.mode === 'button' || !size ? '' : formatBytes(size, options.language))
    setText(this.#hash, options.sha256 && options.mode !== 'button' ? `SHA-256 ${options.sha256}` : '')
  }

  #drawControls({ linkText, options, page, status }: Scene): void {
    const words = wordsOf(options.language)
    const { state } = status
    setText(this.#button, state === 'link' ? '' : buttonText(options, status, linkText))
    this.#button.ariaDisabled = String(state === 'starting' || status.saving !== null)
    const mayBeBlocked = mayBeSandboxed()
    const stuck =
      (mayBeBlocked && state === 'done') ||
      state === 'waiting' ||
      state === 'error' ||
      (state === 'link' && !linkText)
    setText(this.#link, stuck ? words.open : '')
    this.#row.hidden = this.#button.hidden && this.#link.hidden
    this.#link.href = page
    this.#blocked.hidden = !(mayBeBlocked && stuck)
    setText(this.#blockedText, words.blocked)
    this.#address.defaultValue = page
    this.#link.ariaLabel = `${words.open} (${words.newTab})`
    const mayUpload = !options.noUpload && !options.webSeedOnly && !['link', 'error'].includes(state)
    setText(this.#switchText, state === 'done' ? words.upload : words.uploads)
    this.#upload.hidden = !mayUpload
    this.#switch.checked = status.uploads
  }

  #drawProgress({ options: { language }, status }: Scene): void {
    const fraction = fractionOf(status)
    this.#bar.hidden = !['waiting', 'downloading', 'paused', 'done'].includes(status.state)
    const percent = this.#bar.hidden ? '' : formatPercent(fraction, language)
    this.#bar.ariaLabel = wordsOf(language).progress
    this.#bar.ariaValueNow = String(Math.floor(fraction * 100))
    this.#bar.ariaValueText = percent
    this.#fill.style.transform = `scaleX(${fraction})`
    setText(this.#line, lineText(status, language))
    this.#announce(spokenText(status, language), fraction, percent)
  }

  /** Tell screen readers when the state changes, and at each quarter. */
  #announce(text: string, fraction: number, percent: string): void {
    const key = `${text} ${Math.floor(fraction * 4)}`
    if (key === this.#announced) return
    this.#announced = key
    this.#spoken.textContent = text && `${text} ${fraction > 0 && fraction < 1 ? percent : ''}`
  }
}
