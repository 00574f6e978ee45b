import { newSecret } from '../../../lib/encryption/keys.ts'
import { formatLinkKey } from '../../../lib/encryption/link-key.ts'
import { lock } from '../../../lib/encryption/password.ts'
import { UsageError, type Values } from '../options.ts'
import { type PASSWORD_OPTION, readPassword, type Unlocked } from './key-input.ts'

interface Wanted extends Values<typeof PASSWORD_OPTION> {
  readonly private: boolean
  readonly listed: boolean
}

/** The new key of an encrypted share, as its link shows it; null: it is to be an open one. Errors: `UsageError`. */
export async function readLock(options: Wanted): Promise<(Unlocked & { readonly linkKey: string }) | null> {
  if (!options.private) {
    if (options['password-stdin']) throw new UsageError('--password-stdin needs --private')
    return null
  }
  if (options.listed)
    throw new UsageError('--private or --listed, not both: an encrypted share is in no list')
  const secret = newSecret()
  if (!options['password-stdin']) {
    return { secret, root: secret, linkKey: formatLinkKey({ secret, password: null }) }
  }
  const { key, root } = await lock(secret, await readPassword())
  return { secret, root, linkKey: formatLinkKey(key) }
}
