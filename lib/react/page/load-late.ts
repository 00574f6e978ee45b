import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import { whenReachable } from '../../api/when-reachable.ts'
import { AppError } from '../../base/errors.ts'

/**
 * A component whose code is loaded when it is first shown, inside a `Suspense`. While the server is away it is tried again: a
 * failed load would replace the whole page by an error. `onAway` as of `whenReachable`.
 */
export function loadLate<Props>(
  load: () => Promise<ComponentType<Props>>,
  onAway: (isAway: boolean) => void = () => undefined,
): LazyExoticComponent<ComponentType<Props>> {
  const attempt = () =>
    load().catch(reason => {
      throw new AppError('server_unreachable', '', { cause: reason })
    })
  // Nothing ends it: the page that wants it may come back.
  const { signal } = new AbortController()
  return lazy(async () => ({ default: await whenReachable(attempt, { signal, onAway }) }))
}
