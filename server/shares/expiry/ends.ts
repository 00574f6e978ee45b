import { AppError } from '../../../lib/base/errors.ts'
import type { Config } from '../../config/config.ts'

/** When a share ends by itself; null: not by this. */
export interface Ends {
  readonly expiresAt: Date | null
  /** After so many downloads that its swarm tells of. */
  readonly downloadsMax: number | null
}

export const NEVER_ENDS: Ends = { expiresAt: null, downloadsMax: null }

/** What the operator allows. */
export type ExpiryTerms = Pick<Config, 'expiryDefault' | 'expiryMax'>

/**
 * When a share ends of which its publisher says that it lasts `expiresIn` seconds from `now`; null: for ever, undefined: as the
 * operator chose. Errors: `expiry_too_long`.
 */
export function expiresAtOf(
  terms: ExpiryTerms,
  expiresIn: number | null | undefined,
  now: Date,
): Date | null {
  const { expiryDefault, expiryMax } = terms
  const most = expiryMax ?? Number.POSITIVE_INFINITY
  const asked =
    expiresIn === undefined ? Math.min(expiryDefault ?? most, most) : (expiresIn ?? Number.POSITIVE_INFINITY)
  if (asked > most) throw new AppError('expiry_too_long', `at most ${most} seconds`)
  return asked === Number.POSITIVE_INFINITY ? null : new Date(now.getTime() + asked * 1000)
}
