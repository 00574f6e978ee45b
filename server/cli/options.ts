import { lifetimeSeconds } from '../../lib/protocol/lifetime.ts'
import { parseByteCount } from '../config/byte-count.ts'

/** A command was called wrongly; the message says what is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** One option of a command: its text in the help, and how its value is read. */
export interface Option<Value = unknown> {
  readonly about: string
  /** Its short form, one letter. */
  readonly short?: string
  /** Placeholder of its value in the help; a switch has none. */
  readonly takes?: string
  /** Its value, from all texts it was given with, in order; those of a switch are empty. Errors: `UsageError`. */
  readonly read: (texts: readonly string[]) => Value
}

export type Options = Readonly<Record<string, Option>>

/** The values of a command's options. */
export type Values<Table extends Options> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer Value> ? Value : never
}

interface More {
  readonly short?: string
}

/** A switch. */
export const flag = (about: string, more: More = {}): Option<boolean> => ({
  about,
  ...more,
  read: texts => texts.length > 0,
})

/** One value, undefined if the option is not given; the last one counts. */
export const value = <Value>(
  about: string,
  takes: string,
  parse: (text: string) => Value,
  more: More = {},
): Option<Value | undefined> => ({
  about,
  takes,
  ...more,
  read: texts => {
    const text = texts.at(-1)
    return text === undefined ? undefined : parse(text)
  },
})

/** Any number of values. */
export const values = <Value>(
  about: string,
  takes: string,
  parse: (text: string) => Value,
  more: More = {},
): Option<readonly Value[]> => ({ about, takes, ...more, read: texts => texts.map(parse) })

/** Text that is not empty. */
export function text(given: string): string {
  if (given === '') throw new UsageError('needs a value')
  return given
}

export const wholeNumber =
  (least: number, most: number) =>
  (given: string): number => {
    const number = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    if (number >= least && number <= most) return number
    throw new UsageError(`must be a whole number from ${least} to ${most}`)
  }

/** For example 1 or 1.5. */
export function positiveNumber(given: string): number {
  const number = /^\d{1,9}(?:\.\d{1,9})?$/.test(given) ? Number(given) : Number.NaN
  if (number > 0) return number
  throw new UsageError('must be a number above 0')
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** A duration in milliseconds, at most 20 days (a timer's limit is 24.8); without a unit the text counts seconds. */
export function durationMs(given: string): number {
  const [, count = '', unit = 's'] = /^(\d{1,7})([smhd])?$/.exec(given) ?? []
  const milliseconds = count === '' ? Number.NaN : Number(count) * 1000 * (UNIT_SECONDS[unit] ?? 1)
  if (milliseconds > 0 && milliseconds <= 20 * 86_400_000) return milliseconds
  throw new UsageError('must be a duration of at most 20 days, such as 90s, 30m, 2h or 1d')
}

/** How long a share lasts, in seconds; null: `never`. */
export function lifetime(given: string): number | null {
  const seconds = given === 'never' ? null : lifetimeSeconds(given)
  if (given === 'never' || seconds !== null) return seconds
  throw new UsageError('must be never, or a time from 1h to 365d, such as 12h or 30d')
}

/** A number of bytes, with or without a unit. */
export function byteCount(given: string): number {
  const bytes = parseByteCount(given)
  if (bytes !== null && bytes > 0) return bytes
  throw new UsageError('must be a number of bytes, with a unit such as kB, MB, MiB or GiB')
}

/** URLs separated by commas, each with one of these protocols. */
export const urls =
  (...protocols: readonly string[]) =>
  (given: string): readonly string[] => {
    const list = given.split(',').map(url => url.trim())
    for (const url of list) {
      if (!protocols.includes(URL.parse(url)?.protocol.slice(0, -1) ?? '')) {
        throw new UsageError(
          `must be ${protocols.map(protocol => `${protocol}://…`).join(', ')}; got "${url}"`,
        )
      }
    }
    return list
  }
