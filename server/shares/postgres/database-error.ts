import { AppError } from '../../../lib/base/errors.ts'

/** Classes and codes of SQLSTATE that mean that the database cannot be used now: no connection, stopping, starting, read-only. */
const AWAY = /^(08|57P0[1-5]|53300|25006|57014|55P03)/
/** `disk_full`. */
const FULL = '53100'

/**
 * What `pg` threw, as `database_away` where the database cannot be used now: it is gone, starts, or takes no writes. Everything
 * else is returned as it is.
 */
export function databaseError(reason: unknown): unknown {
  if (!(reason instanceof Error)) return reason
  const { code } = reason as { code?: unknown }
  const text = typeof code === 'string' ? code : ''
  if (text === FULL) return new AppError('server_full', '', { cause: reason })
  // The system's codes, such as ECONNREFUSED; pg has none for a connection that breaks.
  const isLost = /^E[A-Z]+/.test(text) || (text === '' && /connect|terminated|timeout/i.test(reason.message))
  if (!isLost && !AWAY.test(text)) return reason
  // Why is for the log: it names hosts.
  return new AppError('database_away', '', { cause: reason })
}

/** For the operator: why the database is away, in one sentence. */
export function reasonAway(reason: unknown): string {
  const cause = reason instanceof AppError && reason.code === 'database_away' ? reason.cause : reason
  // A host with several addresses fails once for each.
  const first = cause instanceof AggregateError ? cause.errors[0] : cause
  return first instanceof Error ? first.message : String(first)
}
