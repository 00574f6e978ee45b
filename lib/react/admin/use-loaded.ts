import { useEffect, useState } from 'react'
import { type AppError, toAppError } from '../../base/errors.ts'

interface Loaded<T> {
  /** The last that arrived; null before the first. */
  readonly value: T | null
  /** Why the last try failed, or null. */
  readonly error: AppError | null
  readonly reload: () => void
  /** Puts another value in place, as when more of it has arrived. */
  readonly set: (value: T) => void
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
  return {
    ...state,
    reload: () => setTurn(turn + 1),
    set: value => setState({ value, error: null }),
  }
}
