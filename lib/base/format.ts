/** Non-breaking space, which keeps number and unit on one line. */
const NBSP = '\u00a0'

const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Whether zeros at the end of a fraction are shown. */
type Decimals = 'fixed' | 'trimmed'

const finite = (value: number) => (Number.isFinite(value) ? value : 0)

/** Formatters by locale and digits: creating one is slow, and pages format numbers several times a second. */
const formatters = new Map<string, Intl.NumberFormat>()

/**
 * Numbers below a thousand, which have no separators but the decimal sign, are formatted without Intl: its first formatter
 * takes 15 ms of a page's main thread, too much for a widget in somebody else's page.
 */
function number(
  locale: string,
  value: number,
  fractionDigits: number,
  decimals: Decimals = 'trimmed',
): string {
  if (Math.abs(value) < 999.5) {
    const digits = value.toFixed(fractionDigits)
    const text = decimals === 'fixed' ? digits : String(Number(digits))
    return /^(?:de|es|fr)\b/.test(locale) ? text.replace('.', ',') : text
  }
  const key = `${locale} ${fractionDigits} ${decimals}`
  let formatter = formatters.get(key)
  if (!formatter) {
    const minimum = decimals === 'fixed' ? fractionDigits : 0
    formatter = new Intl.NumberFormat(locale, {
      minimumFractionDigits: minimum,
      maximumFractionDigits: fractionDigits,
    })
    formatters.set(key, formatter)
  }
  return formatter.format(value)
}

/** `bytes` in SI units with three significant digits: `18.2 GB`, `999 B`. Negative numbers and NaN count as 0. */
export function formatBytes(bytes: number, locale: string): string {
  return isolated(
    scaled(bytes, locale, value => (value < 10 ? 2 : value < 100 ? 1 : 0), 'trimmed'),
    locale,
  )
}

/** `bytesPerSecond` with a fixed number of decimals, so that a changing rate keeps its width: `1.8 MB/s`, `12 MB/s`. */
export function formatRate(bytesPerSecond: number, locale: string): string {
  return isolated(`${scaled(bytesPerSecond, locale, value => (value < 10 ? 1 : 0), 'fixed')}/s`, locale)
}

/** Where text runs from right to left, a number and its Latin unit would change places. */
const isolated = (amount: string, locale: string): string =>
  /^ar\b/.test(locale) ? `\u2066${amount}\u2069` : amount

/** French says octet. */
const unitName = (unit: string, locale: string): string =>
  /^fr\b/.test(locale) ? unit.replace('B', 'o') : unit

function scaled(
  amount: number,
  locale: string,
  digitsFor: (value: number) => number,
  decimals: Decimals,
): string {
  let value = Math.max(0, finite(amount))
  let unit = 0
  // 999.6 would be shown as 1000, so the next unit begins where rounding reaches 1000.
  while (unit < SIZE_UNITS.length - 1 && value >= (unit === 0 ? 1000 : 999.5)) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 ? 0 : digitsFor(value)
  const amountText = number(
    locale,
    unit === 0 ? Math.round(value) : value,
    digits,
    unit > 0 ? decimals : 'trimmed',
  )
  return `${amountText}${NBSP}${unitName(SIZE_UNITS[unit] ?? 'B', locale)}`
}

/** A whole number with the separators of `locale`. */
export function formatCount(count: number, locale: string): string {
  return number(locale, Math.round(finite(count)), 0)
}

/** `fraction` (0 to 1) as whole percent, rounded down, so that 100 % means that nothing is missing. */
export function formatPercent(fraction: number, locale: string): string {
  const percent = Math.floor(Math.min(1, Math.max(0, finite(fraction))) * 100)
  return `${number(locale, percent, 0)}${NBSP}%`
}

/** Distributed copies with one decimal, rounded down, so that `1.0` means that every piece is available. */
export function formatCopies(copies: number, locale: string): string {
  return number(locale, finite(Math.floor(Math.max(0, copies) * 10)) / 10, 1, 'fixed')
}

/** A rounded duration; `moment` is under five seconds. */
export interface Duration {
  readonly unit: 'moment' | 'second' | 'minute' | 'hour' | 'day'
  readonly value: number
}

/**
 * `seconds` rounded to steps of five seconds, then to minutes, hours or days; null when it is unknown, or over a month and
 * so no more than a guess.
 */
export function roundDuration(seconds: number | null): Duration | null {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0 || seconds > 31 * 86_400) return null
  if (seconds < 5) return { unit: 'moment', value: 0 }
  if (seconds < 52.5) return { unit: 'second', value: Math.round(seconds / 5) * 5 }
  if (seconds < 59.5 * 60) return { unit: 'minute', value: Math.max(1, Math.round(seconds / 60)) }
  if (seconds < 47.5 * 3600) return { unit: 'hour', value: Math.round(seconds / 3600) }
  return { unit: 'day', value: Math.round(seconds / 86_400) }
}
