import { formatBytes, formatPercent, formatRate, roundDuration } from '../../lib/base/format.ts'
import { RateMeter } from '../../lib/base/rate-meter.ts'
import { visibleName } from '../../lib/torrent/paths.ts'

const TERMINAL_INTERVAL_MS = 200
const PLAIN_INTERVAL_MS = 5_000
const JSON_INTERVAL_MS = 1_000
const BAR_CELLS = 16

interface Manner {
  readonly json: boolean
  readonly quiet: boolean
}

/** What a command says: its result on stdout, everything else on stderr. */
export class Output {
  readonly #manner: Manner

  constructor(manner: Manner) {
    this.#manner = manner
  }

  /** The one thing that was asked for: `lines` for people, or `value` as JSON. */
  result(lines: readonly string[], value: unknown): void {
    process.stdout.write(`${this.#manner.json ? JSON.stringify(value) : lines.map(visibleName).join('\n')}\n`)
  }

  /** A remark; who asks for quiet or JSON does not get it. */
  note(line: string): void {
    if (!this.#manner.quiet && !this.#manner.json) process.stderr.write(`${visibleName(line)}\n`)
  }

  /** Lines that are written over while they change: what a transfer does. */
  panel(): Panel {
    return new Panel(this.#manner)
  }

  /** The progress of one long step of `total` bytes. */
  progress(label: string, total: number): Progress {
    return new Progress(label, total, this.#manner)
  }
}

/** What a panel shows: labelled lines on a terminal, one line elsewhere, an object for programs. */
export interface PanelContent {
  readonly lines: readonly (readonly [label: string, text: string])[]
  readonly plain: string
  readonly value: unknown
}

/** Some lines on a terminal that change in place; elsewhere a line every few seconds, for programs a JSON object. */
class Panel {
  readonly #manner: Manner
  #printedAt = Number.NEGATIVE_INFINITY
  #height = 0

  constructor(manner: Manner) {
    this.#manner = manner
  }

  /** Show this, unless what stands there is new enough; `atOnce`: in any case. */
  update(content: () => PanelContent, atOnce = false): void {
    const now = performance.now()
    if (this.#manner.quiet || (!atOnce && now - this.#printedAt < intervalOf(this.#manner))) return
    this.#printedAt = now
    const { lines, plain: line, value } = content()
    if (this.#manner.json) {
      process.stderr.write(`${JSON.stringify(value)}\n`)
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

/** Milliseconds between two pictures of the same thing. */
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
    // A step that takes no time is not worth a line to people who cannot see it go.
    this.#printedAt = process.stderr.isTTY || manner.json ? Number.NEGATIVE_INFINITY : performance.now()
  }

  /** `done` bytes of the total; `note` stands behind. */
  update(done: number, note = ''): void {
    const now = performance.now()
    this.#meter.update(done, now)
    if (this.#manner.quiet || now - this.#printedAt < intervalOf(this.#manner)) return
    this.#printedAt = now
    this.#print(done, note)
  }

  /** The step is over, or given up: what follows begins a line of its own. */
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
      process.stderr.write(`${JSON.stringify({ progress })}\n`)
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

/** The spaces of pages hold number and unit together; those of a shell can be searched for. */
const plain = (formatted: string): string => formatted.replaceAll('\u00a0', ' ')

/** `1.23 GB` */
export const bytes = (amount: number): string => plain(formatBytes(amount, 'en'))
export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

export const perSecond = (rate: number): string => plain(formatRate(rate, 'en'))
export const percent = (fraction: number): string => plain(formatPercent(fraction, 'en'))

/** `35 s`, `2 h`; null when it cannot be said. */
export function duration(seconds: number | null): string | null {
  const rounded = roundDuration(seconds)
  if (!rounded) return null
  if (rounded.unit === 'moment') return '<5 s'
  return `${rounded.value} ${{ second: 's', minute: 'min', hour: 'h', day: 'd' }[rounded.unit]}`
}
