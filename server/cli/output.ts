import { formatBytes, formatPercent, formatRate, roundDuration } from '../../lib/base/format.ts'
import { RateMeter } from '../../lib/base/rate-meter.ts'
import type { TrackerFault } from '../../lib/engine/connect/trackers/tracker-fault.ts'
import { visibleName } from '../../lib/torrent/paths.ts'

const TERMINAL_INTERVAL_MS = 200
const PLAIN_INTERVAL_MS = 5_000
const JSON_INTERVAL_MS = 1_000
const BAR_CELLS = 16

interface Manner {
  readonly json: boolean
  readonly quiet: boolean
}

/** What a terminal would act on or show in another order: the rest of the control characters (C1, DEL), and bidi controls. */
const ACTING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** One line of JSON that a terminal shows as it stands: names of strangers are in it. */
export const jsonLine = (value: unknown): string =>
  JSON.stringify(value).replace(ACTING, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Output of a command: its result on stdout, everything else on stderr. */
export class Output {
  readonly #manner: Manner
  #hasResult = false
  readonly #trackers = new Map<string, string>()

  constructor(manner: Manner) {
    this.#manner = manner
  }

  /** Whether stdout has the result already: it is one object, whatever happens later. */
  get hasResult(): boolean {
    return this.#hasResult
  }

  /** The result: `lines` for people, or `value` as JSON. */
  result(lines: readonly string[], value: unknown): void {
    this.#hasResult = true
    const shown = this.#manner.json ? [jsonLine(value)] : lines.map(visibleName)
    process.stdout.write(shown.map(line => `${line}\n`).join(''))
  }

  /** A remark; not printed with --quiet or --json. */
  note(line: string): void {
    if (!this.#manner.quiet && !this.#manner.json) process.stderr.write(`${visibleName(line)}\n`)
  }

  /** What went wrong without ending the command; with --json too, on stderr. */
  warn(line: string): void {
    process.stderr.write(`tabseed: ${visibleName(line)}\n`)
  }

  /** A tracker failed, or answered (null): said once a reason, with its URL; a JSON line with --json. */
  tracker({ reason, url }: TrackerFault): void {
    if (this.#trackers.get(url) === reason) return
    if (reason === null) this.#trackers.delete(url)
    else this.#trackers.set(url, reason)
    if (this.#manner.quiet || reason === null) return
    const tracker = { url, problem: reason }
    if (this.#manner.json) process.stderr.write(`${jsonLine({ tracker })}\n`)
    else process.stderr.write(`tracker ${visibleName(url)}: ${visibleName(reason)}\n`)
  }

  /** The trackers that fail right now, with their reasons. */
  get failingTrackers(): readonly { readonly url: string; readonly problem: string }[] {
    return [...this.#trackers].map(([url, problem]) => ({ url, problem }))
  }

  /** Lines that change in place: the state of a transfer. */
  panel(): Panel {
    return new Panel(this.#manner)
  }

  /** The progress of one long step of `total` bytes. */
  progress(label: string, total: number): Progress {
    return new Progress(label, total, this.#manner)
  }
}

/** Content of a panel: labelled lines on a terminal, one line elsewhere, an object for programs. */
export interface PanelContent {
  readonly lines: readonly (readonly [label: string, text: string])[]
  readonly plain: string
  readonly value: unknown
}

/** Lines that change in place on a terminal; elsewhere a line every few seconds, for programs a JSON object. */
class Panel {
  readonly #manner: Manner
  #printedAt = Number.NEGATIVE_INFINITY
  #height = 0

  constructor(manner: Manner) {
    this.#manner = manner
  }

  /** Shows this, unless the last update was a moment ago; `atOnce`: in any case. */
  update(content: () => PanelContent, { atOnce = false } = {}): void {
    const now = performance.now()
    if (this.#manner.quiet || (!atOnce && now - this.#printedAt < intervalOf(this.#manner))) return
    this.#printedAt = now
    const { lines, plain: line, value } = content()
    if (this.#manner.json) {
      process.stderr.write(`${jsonLine(value)}\n`)
    } else if (process.stderr.isTTY) {
      const width = Math.max(...lines.map(([label]) => label.length)) + 2
      const shown = lines.map(([label, text]) => `${label}:`.padEnd(width) + visibleName(text))
      const up = this.#height > 0 ? `\x1b[${this.#height}A` : ''
      const columns = (process.stderr.columns || 80) - 1
      process.stderr.write(up + shown.map(text => `\r${text.slice(0, columns)}\x1b[K\n`).join(''))
      this.#height = lines.length
    } else {
      process.stderr.write(`${visibleName(line)}\n`)
    }
  }
}

/** Milliseconds between two updates. */
function intervalOf({ json }: Manner): number {
  if (json) return JSON_INTERVAL_MS
  return process.stderr.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS
}

/** A bar on a terminal, elsewhere a line every few seconds, for programs a JSON object a line. */
class Progress {
  readonly #label: string
  readonly #total: number
  readonly #manner: Manner
  readonly #meter = new RateMeter()
  #printedAt: number

  constructor(label: string, total: number, manner: Manner) {
    this.#label = label
    this.#total = total
    this.#manner = manner
    // Without a terminal, a short step is not worth a line.
    this.#printedAt = process.stderr.isTTY || manner.json ? Number.NEGATIVE_INFINITY : performance.now()
  }

  /** `done` bytes of the total; `note` is added at the end. */
  update(done: number, note = ''): void {
    const now = performance.now()
    this.#meter.update(done, now)
    if (this.#manner.quiet || now - this.#printedAt < intervalOf(this.#manner)) return
    this.#printedAt = now
    this.#print(done, note)
  }

  /** Call when the step is over or given up: clears the bar, so that the next output begins a new line. */
  end(): void {
    if (this.#isBar) process.stderr.write('\r\x1b[K')
  }

  get #isBar(): boolean {
    return process.stderr.isTTY && !this.#manner.json && !this.#manner.quiet
  }

  #print(done: number, note: string): void {
    const rate = this.#meter.rate()
    const timeLeft = this.#meter.timeLeft(this.#total - done)
    if (this.#manner.json) {
      const progress = { step: this.#label, done, total: this.#total, rate: Math.round(rate), timeLeft }
      process.stderr.write(`${jsonLine({ progress })}\n`)
      return
    }
    const fraction = this.#total === 0 ? 1 : done / this.#total
    const parts = [percent(fraction).padStart(5), `${bytes(done)} of ${bytes(this.#total)}`, perSecond(rate)]
    const left = duration(timeLeft)
    if (left && fraction < 1) parts.push(`${left} left`)
    if (note) parts.push(note)
    if (!this.#isBar) {
      process.stderr.write(`${this.#label}: ${parts.join(', ').trim()}\n`)
      return
    }
    const cells = Math.round(BAR_CELLS * Math.min(1, fraction))
    const bar = '#'.repeat(cells) + '-'.repeat(BAR_CELLS - cells)
    const line = `${this.#label} [${bar}] ${parts.join('  ')}`
    process.stderr.write(`\r${line.slice(0, (process.stderr.columns || 80) - 1)}\x1b[K`)
  }
}

/** Pages use non-breaking spaces between number and unit; in a shell plain ones can be searched for. */
const plain = (formatted: string): string => formatted.replaceAll('\u00a0', ' ')

/** `1.23 GB` */
export const bytes = (amount: number): string => plain(formatBytes(amount, 'en'))
export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

export const perSecond = (rate: number): string => plain(formatRate(rate, 'en'))
export const percent = (fraction: number): string => plain(formatPercent(fraction, 'en'))

/** `35 s`, `2 h`; null when unknown. */
export function duration(seconds: number | null): string | null {
  const rounded = roundDuration(seconds)
  if (!rounded) return null
  if (rounded.unit === 'moment') return '<5 s'
  return `${rounded.value} ${{ second: 's', minute: 'min', hour: 'h', day: 'd' }[rounded.unit]}`
}
