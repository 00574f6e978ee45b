import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What the server of a test knows of who may use it. */
export interface S3Account {
  readonly keyId: string
  readonly secret: string
  readonly region: string
}

/** Seconds that a clock may be wrong. */
const SKEW = 900
/** A presigned URL is valid for a week at most. */
const EXPIRES_MAX = 604_800

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** As SigV4 encodes: all but unreserved characters of RFC 3986. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    letter => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/**
 * Checks AWS Signature Version 4 of a request, in its headers or its query, written after the specification and independent of
 * any SDK. Returns the error code of S3, or null when it is right.
 */
export function signatureFault(
  account: S3Account,
  request: IncomingMessage,
  body: Uint8Array,
  now: Date,
): string | null {
  const url = new URL(request.url ?? '', 'http://host')
  const query = url.searchParams
  return query.has('X-Amz-Signature')
    ? presignedFault(account, request, url, now)
    : headerFault(account, request, url, body, now)
}

function headerFault(
  account: S3Account,
  request: IncomingMessage,
  url: URL,
  body: Uint8Array,
  now: Date,
): string | null {
  const form = /^AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/
  const [, credential = '', signed = '', signature = ''] =
    form.exec(request.headers.authorization ?? '') ?? []
  if (credential === '') return 'AccessDenied'
  const date = String(request.headers['x-amz-date'] ?? '')
  const age = (now.getTime() - timeOf(date)) / 1000
  if (!(Math.abs(age) <= SKEW)) return 'RequestTimeTooSkewed'
  const payload = String(request.headers['x-amz-content-sha256'] ?? '')
  if (payload !== 'UNSIGNED-PAYLOAD' && payload !== sha256(body)) return 'XAmzContentSHA256Mismatch'
  if (!signed.split(';').includes('host')) return 'AccessDenied'
  return compare(account, request, url, { credential, date, payload, signature, signed })
}

function presignedFault(account: S3Account, request: IncomingMessage, url: URL, now: Date): string | null {
  const query = url.searchParams
  const value = (name: string) => query.get(`X-Amz-${name}`) ?? ''
  if (value('Algorithm') !== 'AWS4-HMAC-SHA256') return 'AuthorizationQueryParametersError'
  const date = value('Date')
  const expires = Number(value('Expires'))
  const age = (now.getTime() - timeOf(date)) / 1000
  if (!(expires >= 1 && expires <= EXPIRES_MAX)) return 'AuthorizationQueryParametersError'
  if (!(age >= -SKEW && age <= expires)) return 'AccessDenied'
  return compare(account, request, url, {
    credential: value('Credential'),
    date,
    payload: 'UNSIGNED-PAYLOAD',
    signature: value('Signature'),
    signed: value('SignedHeaders'),
  })
}

interface Claimed {
  readonly credential: string
  readonly date: string
  readonly payload: string
  readonly signature: string
  readonly signed: string
}

function compare(account: S3Account, request: IncomingMessage, url: URL, claimed: Claimed): string | null {
  const { credential, date, payload, signature, signed } = claimed
  const day = date.slice(0, 8)
  const scope = `${day}/${account.region}/s3/aws4_request`
  if (!credential.startsWith(`${account.keyId}/`)) return 'InvalidAccessKeyId'
  if (credential !== `${account.keyId}/${scope}`) return 'AuthorizationHeaderMalformed'
  const path = url.pathname
    .split('/')
    .map(part => encoded(decodeURIComponent(part)))
    .join('/')
  const pairs = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
  const headers = signed.split(';').map(
    name =>
      `${name}:${String(request.headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}\n`,
  )
  const canonical = [
    request.method,
    path,
    pairs.map(pair => pair.join('=')).join('&'),
    headers.join(''),
    signed,
    payload,
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')
  const key = [account.region, 's3', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${account.secret}`, day))
  const expected = hmac(key, text)
  const given = Buffer.from(signature, 'hex')
  return given.length === expected.length && timingSafeEqual(given, expected) ? null : 'SignatureDoesNotMatch'
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Milliseconds since 1970 of `20260102T030405Z`; NaN for anything else. */
const timeOf = (date: string): number =>
  Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
