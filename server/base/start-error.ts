import { AppError } from '../../lib/base/errors.ts'
import { systemReason } from './system-reason.ts'

/** Why the server cannot start: one line for the operator, which names the setting to change. */
export class StartError extends Error {
  override readonly name = 'StartError'

  constructor(reason: string, options?: ErrorOptions) {
    super(`Tabseed cannot start: ${reason}`, options)
  }
}

/** The result of `step`. Errors: `StartError`, which says `what` could not be done. */
export async function startStep<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (cause) {
    if (cause instanceof StartError) throw cause
    throw new StartError(`${what}: ${reasonOf(cause)}`, { cause })
  }
}

/** On one line, with the path if it has one. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AppError && cause.detail !== '') return cause.detail
  const path = (cause as NodeJS.ErrnoException | null)?.path
  const reason = systemReason(cause)
  return (path === undefined ? reason : `${path}: ${reason}`).replace(/\s*\n\s*/g, '; ')
}
