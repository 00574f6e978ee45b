/**
 * Every expected failure of Tabseed, with its HTTP status. The text for people is `errors.<code>` in the message
 * catalogues; codes are stable and part of docs/api.md.
 */
export const ERROR_STATUS = {
  bad_request: 400,
  not_json: 400,
  metainfo_syntax: 422,
  metainfo_invalid: 422,
  metainfo_too_large: 413,
  path_unsafe: 422,
  path_duplicate: 422,
  magnet_invalid: 422,
  web_seed_invalid: 422,
  web_seed_private: 422,
  web_seed_unreachable: 422,
  web_seed_wrong: 422,
  upload_stalled: 408,
  body_too_large: 413,
  content_type: 415,
  owner_key_missing: 401,
  owner_key_wrong: 403,
  operator_key_missing: 401,
  operator_only: 403,
  token_missing: 401,
  token_wrong: 403,
  token_revoked: 403,
  token_expired: 403,
  token_used_up: 403,
  token_in_query: 400,
  token_not_found: 404,
  invitation_used: 410,
  sign_in_missing: 401,
  encrypted_names: 422,
  share_not_found: 404,
  report_not_found: 404,
  share_blocked: 451,
  share_expired: 410,
  expiry_too_long: 422,
  too_many_shares: 429,
  too_many_requests: 429,
  nearby_code_unknown: 404,
  nearby_full: 503,
  nearby_gone: 404,
  inbox_not_found: 404,
  inbox_ended: 410,
  inbox_full: 409,
  inbox_refused: 403,
  share_not_held: 404,
  status_off: 404,
  file_not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  oembed_format: 501,
  held_file_damaged: 500,
  server_busy: 503,
  server_full: 507,
  server_stopping: 503,
  database_away: 503,
  keep_alive_off: 403,
  seeder_full: 507,
  seeder_away: 503,
  seeder_token_wrong: 401,
  seeder_not_taken: 404,
  seeder_replaced: 409,
  internal: 500,
  nothing_to_publish: 422,
  file_unreadable: 422,
  file_changed: 409,
  copy_changed: 409,
  copy_incomplete: 409,
  copy_unrelated: 409,
  file_differs: 409,
  link_invalid: 422,
  no_sources: 422,
  key_missing: 401,
  key_wrong: 403,
  password_wrong: 403,
  content_forged: 422,
  share_not_offered: 404,
  share_published_here: 409,
  insecure_context: 422,
  webrtc_missing: 422,
  relay_missing: 422,
  server_only: 422,
  folder_in_use: 409,
  backup_invalid: 422,
  storage_failed: 507,
  storage_full: 507,
  share_open_elsewhere: 409,
  server_unreachable: 503,
  tracker_unreachable: 503,
  play_unavailable: 422,
  cancelled: 499,
} as const satisfies Record<string, number>

export type ErrorCode = keyof typeof ERROR_STATUS

/** An expected failure: a stable `code`, its HTTP `status`, and untranslated text that says what exactly failed (`detail`). */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly detail: string

  constructor(code: ErrorCode, detail = '', options?: ErrorOptions) {
    super(detail === '' ? code : `${code}: ${detail}`, options)
    this.code = code
    this.detail = detail
  }

  get status(): number {
    return ERROR_STATUS[this.code]
  }
}

/** Any thrown value as an `AppError`; an unexpected one becomes `internal` and is its `cause`. */
export function toAppError(reason: unknown): AppError {
  if (reason instanceof AppError) return reason
  return new AppError('internal', '', { cause: reason })
}
