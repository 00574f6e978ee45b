import type { IncomingHttpHeaders } from 'node:http'
import { matchesWeakly, tagsIn } from './etag.ts'

/** What tells one state of an answer from another (RFC 9110 section 8.8). */
export interface Validators {
  /** A strong entity tag. */
  readonly etag: string
  /** Null if it is not known. */
  readonly modified: Date | null
}

/** `ETag` and `Last-Modified`; the latter is never in the future (8.8.2.1). */
export const validatorHeaders = ({ etag, modified }: Validators) => ({
  etag,
  ...(modified && { 'last-modified': new Date(Math.min(modified.getTime(), Date.now())).toUTCString() }),
})

/** Whether a condition of the request fails (13.1.1, 13.1.4): 412. A tag takes precedence over a date. */
export function hasFailed(request: IncomingHttpHeaders, { etag, modified }: Validators): boolean {
  if (request['if-match'] !== undefined) return !tagsIn(request['if-match'], etag).includes(etag)
  const date = httpDate(request['if-unmodified-since'])
  return date !== null && modified !== null && wholeSeconds(modified) > date
}

/** Whether a client has this state already (13.1.2, 13.1.3): 304. A tag takes precedence over a date. */
export function isKnown(request: IncomingHttpHeaders, { etag, modified }: Validators): boolean {
  if (request['if-none-match'] !== undefined) return matchesWeakly(request['if-none-match'], etag)
  const date = httpDate(request['if-modified-since'])
  return date !== null && modified !== null && wholeSeconds(modified) <= date
}

/** Whether a range may be sent (13.1.5): with `If-Range`, only of exactly the state that it names. */
export function allowsRange(request: IncomingHttpHeaders, { etag, modified }: Validators): boolean {
  const condition = request['if-range']
  if (condition === undefined || condition === etag) return true
  return modified !== null && httpDate(condition) === wholeSeconds(modified)
}

const wholeSeconds = (date: Date): number => Math.floor(Math.min(date.getTime(), Date.now()) / 1000) * 1000

/** The three forms of section 5.6.7: of today, of RFC 850, and of C's asctime, which is in UTC too. */
const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT|([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}))$/

/** Milliseconds since 1970, or null for other text, which is ignored. */
function httpDate(text: string | string[] | undefined): number | null {
  const [whole, asctime] = HTTP_DATE.exec(String(text ?? '')) ?? []
  if (whole === undefined) return null
  const time = Date.parse(asctime === undefined ? whole : `${asctime} GMT`)
  return Number.isNaN(time) ? null : time
}
