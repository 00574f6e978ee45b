import { readFileSync } from 'node:fs'
import { AppError } from '../../../lib/base/errors.ts'
import { INVITATION_PATTERN, type Publishing, publishingSchema } from '../../../lib/protocol/publishing.ts'
import { text, UsageError, type Values, value } from '../options.ts'
import { request } from '../transfer/swarm.ts'

/** Options of the commands that publish. */
export const TOKEN_OPTIONS = {
  token: value(
    'Token to publish with, where the server asks for one. Default: $TABSEED_TOKEN. Flags show in process lists.',
    'TOKEN',
    text,
  ),
  'token-file': value('File that has the token, and nothing else.', 'FILE', text),
}

/** The token that was given, or undefined. Errors: `UsageError`, the file system's own. */
export function givenToken(options: Values<typeof TOKEN_OPTIONS>): string | undefined {
  const { token, 'token-file': file } = options
  if (token !== undefined && file !== undefined) throw new UsageError('--token or --token-file, not both')
  const named = file === undefined ? token : readFileSync(file, 'utf8').trim()
  const given = named ?? (process.env['TABSEED_TOKEN'] || undefined)
  if (given === '') throw new UsageError(`--token-file ${file} is empty`)
  if (given === undefined) return undefined
  if (INVITATION_PATTERN.test(given) || given.includes('#invite=')) {
    throw new UsageError('that is an invitation, which a browser turns into a token: ask for a token')
  }
  if (!/^[\w-]+$/.test(given)) throw new UsageError('that token has characters that no token has')
  return given
}

/** The header that presents `token`. */
export const withToken = (token: string | undefined): { authorization?: string } =>
  token === undefined ? {} : { authorization: `Bearer ${token}` }

/**
 * Asks the server whether this token may publish, before files are hashed for nothing. Errors: `token_missing`, `sign_in_missing`,
 * those of the server.
 */
export async function requirePublisher(origin: string, token: string | undefined): Promise<void> {
  const { publish, publisher } = await publishingOf(origin, token)
  if (publisher !== null || publish === 'open') return
  throw new AppError(publish === 'token' ? 'token_missing' : 'sign_in_missing', origin)
}

async function publishingOf(origin: string, token: string | undefined): Promise<Publishing> {
  try {
    const answer = await request(`${origin}/api/publishing`, { headers: withToken(token) })
    return publishingSchema.parse(await answer.json())
  } catch (reason) {
    // An older server: everybody may publish there.
    if (reason instanceof AppError && reason.code === 'route_not_found') {
      return { publish: 'open', publisher: null }
    }
    throw reason
  }
}
