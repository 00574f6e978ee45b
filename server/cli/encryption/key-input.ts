import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { AppError } from '../../../lib/base/errors.ts'
import { type LinkKey, parseLinkKey } from '../../../lib/encryption/link-key.ts'
import { unlock } from '../../../lib/encryption/password.ts'
import { flag, text, UsageError, type Values, value } from '../options.ts'

export const PASSWORD_OPTION = {
  'password-stdin': flag('Read the password of an encrypted share from stdin, up to the first line break.'),
}

/** Options of every command that opens encrypted shares. */
export const KEY_OPTIONS = {
  key: value(
    'Key of an encrypted share, or its whole link. It is also taken from behind the # of a link.',
    'KEY',
    text,
  ),
  ...PASSWORD_OPTION,
}

/** What opens a share. */
export interface Unlocked {
  readonly secret: Uint8Array<ArrayBuffer>
  /** What its keys are derived from. */
  readonly root: Uint8Array<ArrayBuffer>
}

/**
 * The key that `--key` or the link gives, with its password; null where there is none.
 * Errors: `key_wrong`, `password_wrong`, `cancelled`, `UsageError` (it has a password, and nobody to ask).
 */
export async function readKey(source: string, options: Values<typeof KEY_OPTIONS>): Promise<Unlocked | null> {
  const given = options.key === undefined ? behindHash(source) : (behindHash(options.key) ?? options.key)
  if (given === null) return null
  const key = parseLinkKey(given)
  return { secret: key.secret, root: await unlock(key, await passwordFor(key, options)) }
}

/** Whether `--key` or the link gives a key. */
export const hasKey = (source: string, { key }: Pick<Values<typeof KEY_OPTIONS>, 'key'>): boolean =>
  key !== undefined || behindHash(source) !== null

/** What a person pasted may be in quotes or angle brackets. */
function behindHash(link: string): string | null {
  const at = link.indexOf('#')
  const key = at === -1 ? '' : link.slice(at + 1).replace(/[>"'”“\s]+$/u, '')
  return key === '' ? null : key
}

async function passwordFor(
  { password }: LinkKey,
  options: Values<typeof PASSWORD_OPTION>,
): Promise<string | null> {
  if (password === null) return null
  if (options['password-stdin']) return readPassword()
  if (!process.stdin.isTTY) throw new UsageError('this share has a password: --password-stdin reads it')
  return askPassword()
}

let fromStdin: Promise<string> | undefined

/** The first line of stdin, which can be read once: a command that runs another one asks again. Errors: `UsageError` when it is empty. */
export function readPassword(): Promise<string> {
  fromStdin ??= readFirstLine()
  return fromStdin
}

async function readFirstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
  try {
    for await (const line of lines) {
      if (line !== '') return line
      break
    }
    throw new UsageError('--password-stdin got no password')
  } finally {
    lines.close()
  }
}

/** Asks on the terminal, which does not show what is typed. Errors: `cancelled` (Ctrl-C, Ctrl-D). */
async function askPassword(): Promise<string> {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input: process.stdin, output, terminal: true })
  // Only now: until then, the terminal shows what is typed.
  process.stderr.write('password: ')
  try {
    return await terminal.question('')
  } catch (cause) {
    throw new AppError('cancelled', '', { cause })
  } finally {
    terminal.close()
    process.stderr.write('\n')
  }
}
