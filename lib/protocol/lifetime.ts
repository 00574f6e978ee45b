/** How long a share may last whose publisher lets it end, in seconds. */
export const LIFETIME_MIN = 3600
export const LIFETIME_MAX = 365 * 86_400

const UNIT_SECONDS: Readonly<Record<string, number>> = { h: 3600, d: 86_400 }

/** Seconds of `12h` or `30d`, from an hour to a year; null for other text. */
export function lifetimeSeconds(text: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,4})([hd])$/.exec(text) ?? []
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN)
  return seconds >= LIFETIME_MIN && seconds <= LIFETIME_MAX ? seconds : null
}

/** Most downloads after which a share may end. */
export const DOWNLOADS_MAX = 1_000_000
