const MINUTE_MS = 60_000
/** Each unit up to which amounts are said in it. */
const AGO_UNITS = [
  { unit: 'minute', ms: MINUTE_MS, below: 60 * MINUTE_MS },
  { unit: 'hour', ms: 60 * MINUTE_MS, below: 24 * 60 * MINUTE_MS },
  { unit: 'day', ms: 24 * 60 * MINUTE_MS, below: Number.POSITIVE_INFINITY },
] as const

/** How long ago something was, rounded down: `2 hours ago`, `yesterday`; null for less than a minute. */
export function formatAgo(milliseconds: number, locale: string): string | null {
  if (!(milliseconds >= MINUTE_MS)) return null
  const { ms, unit } = AGO_UNITS.find(({ below }) => milliseconds < below) ?? AGO_UNITS[2]
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-Math.floor(milliseconds / ms), unit)
}

/** `time` (milliseconds of Unix time) as `14:02`, with the day before it if that is not the day of `now`. */
export function formatMoment(time: number, now: Date, locale: string): string {
  const isToday = new Date(time).toDateString() === now.toDateString()
  const day = isToday ? {} : ({ day: 'numeric', month: 'long' } as const)
  return new Intl.DateTimeFormat(locale, {
    ...day,
    hour: '2-digit',
    minute: '2-digit',
    // As clocks and logs have it, in every language.
    hourCycle: 'h23',
  }).format(time)
}
