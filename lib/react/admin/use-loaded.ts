import { useEffect, useState } from 'react'
import { type AppError, toAppError } from '../../base/errors.ts'

interface Loaded<T> {
  /** The last that arrived; null before the first. */
  readonly value: T | null
  /** Why the last try failed, or null. */
  readonly error: AppError | null
  readonly reload: () => void
  /** Replaces the value by what `more` makes of it. A failure is in `error`, and the value stays. */
  readonly extend: (more: (value: T) => Promise<T>) => void
}

/** What `load` brings: now, whenever `load` is another function, and with `reload`. */
export function useLoaded<T>(load: () => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ readonly value: T | null; readonly error: AppError | null }>({
    value: null,
    error: null,
  })
  const [turn, setTurn] = useState(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn loads again
  useEffect(() => {
    let current = true
    load().then(
      value => current && setState({ value, error: null }),
      reason => current && setState(({ value }) => ({ value, error: toAppError(reason) })),
    )
    return () => {
      current = false
    }
  }, [load, turn])
  const extend = (more: (value: T) => Promise<T>) => {
    const { value: before } = state
    if (before === null) return
    more(before).then(
      // Unless all of it was loaded again meanwhile.
      value => setState(now => (now.value === before ? { value, error: null } : now)),
      reason => setState(({ value }) => ({ value, error: toAppError(reason) })),
    )
  }
  return { ...state, reload: () => setTurn(turn + 1), extend }
}
