import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'

/**
 * The whole body, at most `limit` bytes. What comes beyond them is not kept; the request time-out ends it.
 * Errors: `body_too_large`, `content_type` (for a compressed body: a small one could unpack to anything).
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw new AppError('content_type', `content-encoding ${encoding} is not taken`)
  const tooLarge = new AppError('body_too_large', `at most ${limit} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge

  const chunks: Buffer[] = []
  let length = 0
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) reject(tooLarge)
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => reject(new AppError('bad_request', 'the body ended too early')))
  })
}

/** Media type without parameters, in lower case. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
}
