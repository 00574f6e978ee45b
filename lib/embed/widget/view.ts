import { formatBytes, formatPercent, formatRate } from '../../base/format.ts'
import type { WidgetOptions } from '../options.ts'
import type { WidgetStatus } from '../status.ts'
import { timeText, type Words, wordsOf } from '../words.ts'
import { STYLE } from './style.ts'

/** What a person does to a widget. */
interface ViewActions {
  /** The button, whatever it says just now. */
  readonly onPress: () => void
  readonly onUploads: (uploads: boolean) => void
}

/** What there is to draw. */
export interface Scene {
  readonly options: WidgetOptions
  readonly status: WidgetStatus
  /** Where the share's page is. */
  readonly page: string
  /** Text of the link inside the element, or empty. */
  readonly linkText: string
  /** The download runs in this frame, which then is all that is shown. */
  readonly frame: HTMLIFrameElement | null
}

/** One style sheet for all widgets of a page; made by script, which no Content-Security-Policy forbids. */
let sheet: CSSStyleSheet | undefined

/** The shadow tree of one widget. Nothing is ever parsed as HTML: names are other people's text. */
export class View {
  readonly #root: ShadowRoot
  readonly #box = make('div', 'box')
  readonly #name = make('p', 'name')
  readonly #meta = make('p', 'meta')
  readonly #button = make('button', 'button')
  readonly #link = make('a', 'link')
  readonly #row = make('div', 'row')
  readonly #bar = make('div', 'bar')
  readonly #fill = make('div', 'fill')
  readonly #line = make('p', 'line')
  readonly #hash = make('p', 'hash')
  readonly #upload = make('label', 'up')
  readonly #switch = make('input', 'switch')
  readonly #switchText = make('span', 'text')
  readonly #said = make('p', 'said')
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
    this.#bar.role = 'progressbar'
    this.#bar.append(this.#fill)
    this.#switch.type = 'checkbox'
    this.#switch.role = 'switch'
    this.#switch.addEventListener('change', () => onUploads(this.#switch.checked))
    this.#upload.append(this.#switch, this.#switchText)
    this.#said.role = 'status'
    this.#row.append(this.#button, this.#link)
    this.#box.append(
      this.#name,
      this.#meta,
      this.#row,
      this.#bar,
      this.#line,
      this.#hash,
      this.#upload,
      this.#said,
    )
    root.append(this.#box)
  }

  /** Everything as it is now. */
  draw(scene: Scene): void {
    const { frame, options, status } = scene
    const plain = options.share === null || status.state === 'link'
    this.#show(frame ?? this.#slot, plain || frame !== null)
    this.#box.hidden = options.share === null || frame !== null
    if (this.#box.hidden) return
    this.#dress(options, status)
    this.#drawHead(scene)
    this.#drawControls(scene)
    this.#drawProgress(scene)
  }

  /** `extra`: the frame or the link inside, above the box. */
  #show(extra: HTMLElement, shown: boolean): void {
    const now = this.#box.previousSibling
    if (now === (shown ? extra : null)) return
    now?.remove()
    if (shown) this.#root.prepend(extra)
  }

  #dress({ accent, language, mode, theme }: WidgetOptions, { state }: WidgetStatus): void {
    this.#box.className = `box ${mode} ${theme} ${state}`
    this.#box.lang = language
    // Its words are, whatever way the page around is read.
    this.#box.dir = 'ltr'
    setProperty(this.#box, '--tabseed-accent', accent)
    setProperty(this.#box, '--tabseed-on-accent', accent && (isLight(accent) ? '#000' : '#fff'))
  }

  #drawHead({ options, status }: Scene): void {
    const name = status.name || options.name
    const size = status.length || options.size
    put(this.#name, options.mode === 'button' ? '' : name)
    put(this.#meta, options.mode === 'button' || !size ? '' : formatBytes(size, options.language))
    put(this.#hash, options.sha256 && options.mode !== 'button' ? `SHA-256 ${options.sha256}` : '')
  }

  #drawControls({ linkText, options, page, status }: Scene): void {
    const words = wordsOf(options.language)
    const { state } = status
    put(this.#button, state === 'link' ? '' : buttonText(words, linkText, options, status))
    this.#button.ariaDisabled = String(state === 'starting')
    // A sandbox, which any frame may be, can swallow what is saved in it, and says nothing.
    const boxed = state === 'done' && (globalThis.origin === 'null' || self !== top)
    const stuck = boxed || state === 'waiting' || state === 'error' || (state === 'link' && !linkText)
    put(this.#link, stuck ? words.open : '')
    this.#row.hidden = this.#button.hidden && this.#link.hidden
    this.#link.href = page
    this.#link.ariaLabel = `${words.open} (${words.newTab})`
    const asks = !options.noUpload && !options.webSeedOnly && !['link', 'error'].includes(state)
    put(this.#switchText, state === 'done' ? words.upload : words.uploads)
    this.#upload.hidden = !asks
    this.#switch.checked = status.uploads
  }

  #drawProgress({ options: { language }, status }: Scene): void {
    const words = wordsOf(language)
    const { downloaded, length, state } = status
    const fraction = length === 0 ? (state === 'done' ? 1 : 0) : downloaded / length
    this.#bar.hidden = !['waiting', 'downloading', 'paused', 'done'].includes(state)
    const percent = this.#bar.hidden ? '' : formatPercent(fraction, language)
    this.#bar.ariaLabel = words.progress
    this.#bar.ariaValueNow = String(Math.floor(fraction * 100))
    this.#bar.ariaValueText = percent
    this.#fill.style.transform = `scaleX(${fraction})`
    put(this.#line, lineText())
    this.#announce(state === 'idle' ? '' : (status.error?.message ?? stateText()), fraction, percent)

    function stateText(): string {
      if (state === 'done') return status.saved ? words.saved : words.done
      if (state === 'link') return words.cannot
      return state === 'idle' || state === 'error' ? '' : words[state]
    }

    function lineText(): string {
      if (status.error) return status.error.message
      if (state !== 'downloading' && state !== 'paused') return stateText()
      const parts = [percent]
      if (state === 'paused') parts.push(words.paused)
      else parts.push(formatRate(status.downloadRate, language))
      const time = state === 'downloading' && timeText(status.timeLeft, language)
      if (time) parts.push(words.left.replace('{time}', time))
      return parts.join(' · ')
    }
  }

  /** For screen readers: when the state changes, and at each quarter. */
  #announce(text: string, fraction: number, percent: string): void {
    const key = `${text} ${Math.floor(fraction * 4)}`
    if (key === this.#announced) return
    this.#announced = key
    this.#said.textContent = text && `${text} ${fraction > 0 && fraction < 1 ? percent : ''}`
  }
}

/** One button: it keeps its place, and the focus, while what it does changes. */
function buttonText(
  words: Words,
  linkText: string,
  options: WidgetOptions,
  { files, state }: WidgetStatus,
): string {
  switch (state) {
    case 'waiting':
    case 'downloading':
      return words.pause
    case 'paused':
      return words.resume
    case 'done':
      return files > 1 ? words.saveZip : words.save
    case 'error':
      return words.retry
    default:
      return options.label || linkText || (options.mode === 'player' ? words.play : words.download)
  }
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, name: string): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  element.className = name
  element.setAttribute('part', name)
  return element
}

/** Text, or nothing at all. */
function put(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
  element.hidden = text === ''
}

function setProperty({ style }: HTMLElement, name: string, value: string | null): void {
  if (value === null) style.removeProperty(name)
  else style.setProperty(name, value)
}

/** Whether black reads better than white on `#rrggbb` (relative luminance of WCAG 2, equal contrast at 0.179). */
function isLight(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179
}
