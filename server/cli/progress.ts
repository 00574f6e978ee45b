const TERMINAL_INTERVAL_MS = 200
const PLAIN_INTERVAL_MS = 5_000
const BAR_CELLS = 24

/** Progress of one long step on stderr: a bar on a terminal, a line every few seconds elsewhere. */
export class Progress {
  readonly #label: string
  readonly #total: number
  readonly #startedAt = performance.now()
  #printedAt = Number.NEGATIVE_INFINITY

  /** `total` in bytes. */
  constructor(label: string, total: number) {
    this.#label = label
    this.#total = total
  }

  /** `done` bytes of the total; `note` stands behind. */
  update(done: number, note = ''): void {
    const now = performance.now()
    const interval = process.stderr.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS
    if (now - this.#printedAt < interval) return
    this.#printedAt = now
    this.#print(done, note)
  }

  /** The step is over. */
  end(done: number): void {
    this.#print(done, '')
    if (process.stderr.isTTY) process.stderr.write('\n')
  }

  #print(done: number, note: string): void {
    const fraction = this.#total === 0 ? 1 : done / this.#total
    const seconds = (performance.now() - this.#startedAt) / 1000
    const rate = seconds > 0 ? done / seconds : 0
    const left = rate > 0 && fraction < 1 ? `  ${duration((this.#total - done) / rate)} left` : ''
    const numbers = `${(100 * fraction).toFixed(1).padStart(5)} %  ${bytes(done)}  ${bytes(rate)}/s${left}${note}`
    if (!process.stderr.isTTY) {
      process.stderr.write(`${this.#label}  ${numbers}\n`)
      return
    }
    const cells = Math.round(BAR_CELLS * Math.min(1, fraction))
    const bar = '#'.repeat(cells) + '-'.repeat(BAR_CELLS - cells)
    process.stderr.write(`\r\x1b[K${this.#label} [${bar}] ${numbers}`)
  }
}

/** `1.23 GB` */
export function bytes(amount: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  let value = amount
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toPrecision(3)} ${units[unit]}`
}

/** `1:02:03` */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds)
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return parts
    .slice(parts[0] === 0 ? 1 : 0)
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0')))
    .join(':')
}
