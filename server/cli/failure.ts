import { type AppError, type ErrorCode, toAppError } from '../../lib/base/errors.ts'
import messages from '../../lib/i18n/messages/en.json' with { type: 'json' }
import type { ErrorBody } from '../../lib/protocol/share.ts'
import { isFileError, systemReason } from '../base/system-reason.ts'
import { toDiskError } from '../node-engine/disk-error.ts'

/** For a shell; the pages' own sentences tell people what to click. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  file_unreadable: 'A file or folder cannot be read.',
  file_changed: 'A file changed while it was read. Run this again when no program writes to it.',
  nothing_to_publish: 'There is nothing to publish: only empty files, empty folders or system files.',
  metainfo_syntax: 'That is not a .torrent, or it is damaged.',
  metainfo_invalid: 'That .torrent contradicts itself.',
  metainfo_too_large: 'That is too much for one .torrent.',
  path_unsafe: 'A .torrent cannot contain this name. Rename the file, or leave it out.',
  path_duplicate: 'Two files would have the same path.',
  copy_incomplete: 'That copy is not complete; `tabseed repair` completes it.',
  copy_unrelated:
    'No piece of that copy is right: it seems to be something else. Nothing was changed; --force overwrites it.',
  file_differs:
    'Something else is in its place already, and was left as it is. --repair fetches what is wrong, --overwrite replaces it, -o saves elsewhere.',
  cancelled: 'Cancelled.',
  internal: 'Something unexpected went wrong. Please report it, with the lines below.',
  bad_request: 'The server did not understand the request. It may be of another version than this program.',
  not_json: 'The server did not understand the request. It may be of another version than this program.',
  content_type: 'The server did not understand the request. It may be of another version than this program.',
  key_missing:
    'This share is encrypted, and its key is missing: give the whole link in quotes, with the part behind the #, or --key.',
  key_wrong: 'That key does not open this share: it is cut, mistyped, or of another share.',
  password_wrong: 'That is not the password of this share.',
  content_forged:
    'What is there is not what was published, although it looks right from outside. Nothing of it was saved.',
  owner_key_missing:
    'Only who published this share can change it, and its owner key is not kept here. --owner-key gives it.',
  owner_key_wrong:
    'That is not the owner key of this share: it was published again since, or by somebody else.',
  token_missing:
    'This server asks for a token: --token-file or TABSEED_TOKEN gives it. Whoever runs the server has one for you.',
  token_wrong: 'That is no token of this server. Check that it is complete, or ask for another.',
  token_revoked: 'This token was withdrawn by whoever runs the server. Ask for another.',
  token_expired: 'This token has expired. Ask whoever runs the server for another.',
  token_used_up: 'As many shares as this token allows are published already. `tabseed unshare` deletes one.',
  database_away: 'The database cannot be used.',
  storage_failed: 'A file or folder could not be written.',
  storage_full:
    'There is no space left on the disk. Nothing is lost: free some, and run this again to continue.',
  no_sources:
    'Nobody can be found: it names no tracker, no web seed and no peer. --dht asks strangers for them.',
  link_invalid: 'That is not a share: give a link, a magnet link or a .torrent.',
}

/** A failure in words for a shell; `detail` says what it is about. */
export function describeFailure(reason: unknown): ErrorBody['error'] {
  const { cause, code, detail }: AppError = isFileError(reason) ? toDiskError(reason) : toAppError(reason)
  return { code, message: SENTENCES[code] ?? messages.errors[code], detail: withReason(code, detail, cause) }
}

/** What the error is about, and the reason below it if there is one: `/x/y: permission denied (EACCES)`. */
function withReason(code: ErrorCode, detail: string, cause: unknown): string {
  const deepest = deepestCause(cause)
  const isSystem = deepest !== null && (deepest as NodeJS.ErrnoException).errno !== undefined
  // Of other errors, only those of `fetch` are for people.
  if (deepest === null || !(isSystem || code === 'server_unreachable')) return detail
  const reason = systemReason(deepest)
  if (detail === '') return reason
  return detail.includes(reason) ? detail : `${detail}: ${reason}`
}

/** `fetch` wraps the error that says why. */
function deepestCause(cause: unknown): Error | null {
  if (!(cause instanceof Error)) return null
  // A host with several addresses fails once for each.
  const next = cause instanceof AggregateError ? cause.errors[0] : cause.cause
  return deepestCause(next) ?? cause
}
