import { type AppError, type ErrorCode, toAppError } from '../../lib/base/errors.ts'
import messages from '../../lib/i18n/messages/en.json' with { type: 'json' }
import type { ErrorBody } from '../../lib/protocol/share.ts'

/** The pages' sentences tell people what to click; these are for a shell. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  file_unreadable: 'A file or folder cannot be read.',
  file_changed: 'A file changed while it was read. Run this again when nothing writes to it.',
  nothing_to_publish: 'There is nothing to publish: only empty files, empty folders or system files.',
  metainfo_syntax: 'That is no .torrent, or a damaged one.',
  metainfo_not_canonical:
    'That .torrent is not in the standard form. Make it again with an up-to-date program.',
  metainfo_invalid: 'That .torrent contradicts itself.',
  metainfo_too_large: 'That is too much for one .torrent. Choose longer pieces, or fewer files.',
  path_unsafe: 'A name cannot be in a .torrent. Rename that file, or leave it out.',
  path_duplicate: 'Two files would have the same place and name.',
  copy_incomplete: 'That copy is not whole; `tabseed repair` completes it.',
  copy_unrelated:
    'Nothing of that copy is right: it seems to be something else. Nothing was changed; --force overwrites it.',
  storage_failed: 'The disk could not be written to.',
  link_invalid: 'That names no share: give a link, a magnet link or a .torrent.',
}

/** A failure in the words of the shell; `detail` says what it was about. */
export function describeFailure(reason: unknown): ErrorBody['error'] {
  const { cause, code, detail }: AppError = toAppError(reason)
  const system = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : ''
  return { code, message: SENTENCES[code] ?? messages.errors[code], detail: `${detail}${system}`.trim() }
}
