/** Limits and choices of the API without its schemas, which pages load with their first request. */

/** Longest title and description, in UTF-16 units. */
export const TITLE_MAX = 200
export const DESCRIPTION_MAX = 4000

/** Most web seeds of a share beside the server's own, and the longest URL of one in UTF-16 units. */
export const WEB_SEEDS_MAX = 8
export const WEB_SEED_URL_MAX = 2000

/**
 * How peers connect: directly, so that they learn each other's addresses; through TURN only; or not at all, and all bytes
 * come from web seeds. From least to most strict.
 */
export const CONNECT_MODES = ['direct', 'relay', 'server'] as const
export type ConnectMode = (typeof CONNECT_MODES)[number]

/**
 * How much of a download web seeds give where there are peers: what peers do not (`fallback`), everything until peers give as
 * much (`first`), or as much as they can (`full`).
 */
export const WEB_SEED_SHARES = ['fallback', 'first', 'full'] as const
export type WebSeedShare = (typeof WEB_SEED_SHARES)[number]

/** Longest reason of a block, in UTF-16 units. */
export const BLOCK_REASON_MAX = 500

/** Why somebody reports a share; longest text about it, and longest contact, in UTF-16 units. */
export const REPORT_REASONS = ['malware', 'fraud', 'copyright', 'privacy', 'illegal', 'other'] as const
export type ReportReason = (typeof REPORT_REASONS)[number]
export const REPORT_DETAILS_MAX = 2000
export const REPORT_CONTACT_MAX = 200
