import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { AppError } from '../../lib/base/errors.ts'
import { joinInTurns } from './turns.ts'

/** In each span of so many milliseconds at least so many bytes of a body must come; however long all of it takes. */
export const BODY_STALL = { spanMs: 30_000, bytesMin: 100 }

/**
 * The whole body, at most `limit` bytes; bytes beyond it are discarded. Errors: `body_too_large`, `upload_stalled`,
 * `content_type` (for a compressed body, which could expand to any size).
 */
export async function readBody(
  request: IncomingMessage,
  limit: number,
  stall: typeof BODY_STALL = BODY_STALL,
): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw new AppError('content_type', `content-encoding ${encoding} is not taken`)
  const tooLarge = new AppError('body_too_large', `at most ${limit} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge

  const chunks: Buffer[] = []
  let length = 0
  let seen = 0
  let watch: ReturnType<typeof setInterval> | undefined
  const ended = new Promise<void>((resolve, reject) => {
    watch = setInterval(() => {
      if (length - seen < stall.bytesMin) reject(new AppError('upload_stalled', `after ${length} bytes`))
      seen = length
    }, stall.spanMs)
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) reject(tooLarge)
      else chunks.push(chunk)
    })
    request.on('end', resolve)
    request.on('error', () => reject(new AppError('bad_request', 'the body ended too early')))
  })
  await ended.finally(() => clearInterval(watch))
  return joinInTurns(chunks)
}

/** Media type without parameters, in lower case. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

/** A JSON body of at most `limit` bytes. Errors: `content_type`, those of `readBody` and `parseJson`. */
export async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>, limit: number): Promise<T> {
  requireJson(request)
  return parseJson(await readBody(request, limit), schema)
}

/** Errors: `content_type`. */
export function requireJson(request: IncomingMessage): void {
  const type = mediaType(request)
  if (type !== 'application/json') throw new AppError('content_type', type || 'none')
}

/** Errors: `not_json`, `bad_request` when it does not fit `schema`. */
export function parseJson<T>(body: Buffer, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new AppError('not_json')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new AppError('bad_request', `${issue?.path.join('.') || 'body'}: ${issue?.message}`)
}
