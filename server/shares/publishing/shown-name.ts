import { formatBytes } from '../../../lib/base/format.ts'
import { isEncryptedName } from '../../../lib/encryption/outer-name.ts'
import en from '../../../lib/i18n/messages/en.json' with { type: 'json' }
import type { Share } from '../../../lib/protocol/share.ts'

/** What a share is called where it is shown: its title or name; of an encrypted one, that it is, in `words` (`{size}` is its size). */
export function shownName(
  { length, name, title }: Pick<Share, 'length' | 'name' | 'title'>,
  locale = 'en',
  words: string = en.units.encryptedShare,
): string {
  if (isEncryptedName(name)) return words.replace('{size}', formatBytes(length, locale))
  return title || name
}
