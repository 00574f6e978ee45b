import { readFileSync } from 'node:fs'
import { text, UsageError, type Values, value } from '../../options.ts'
import { originOf, request, serverAt } from '../../transfer/swarm.ts'

/** Options of every command for operators. */
export const OPERATOR_OPTIONS = {
  server: value('The server. Default: $TABSEED_SERVER, or this machine.', 'URL', text, { short: 's' }),
  'operator-key-file': value(
    "File that has the operator's key, and nothing else. Default: $TABSEED_OPERATOR_KEY_FILE, else the key in $TABSEED_OPERATOR_KEY.",
    'FILE',
    text,
  ),
}

/** Sends requests below `/api/` with the operator's key. Errors: `UsageError` without a key, the file system's own. */
export async function operatorAt(options: Values<typeof OPERATOR_OPTIONS>) {
  const { 'operator-key-file': chosen, server } = options
  const file = chosen ?? process.env['TABSEED_OPERATOR_KEY_FILE']
  const key = file ? readFileSync(file, 'utf8').trim() : process.env['TABSEED_OPERATOR_KEY']
  if (!key)
    throw new UsageError("it needs the operator's key: --operator-key-file FILE, or TABSEED_OPERATOR_KEY")
  if (!/^[\w-]+$/.test(key)) throw new UsageError('that operator key has characters that no key has')
  const origin = await serverAt(originOf(server))
  /** Errors: the one that the server answers with, `server_unreachable`. */
  return (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object | string,
  ): Promise<Response> =>
    request(`${origin}/api/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && {
          'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
        }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
}
