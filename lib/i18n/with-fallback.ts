/** Sentences by key, as text or as the build has parsed them, in groups. */
export interface Catalogue {
  readonly [key: string]: unknown
}

const isGroup = (value: unknown): value is Catalogue =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `catalogue` with what it lacks from `fallback`. What only it has is left out: no page shows it. */
export function withFallback(catalogue: Catalogue, fallback: Catalogue): Catalogue {
  return Object.fromEntries(
    Object.entries(fallback).map(([key, value]) => {
      const own = catalogue[key]
      if (isGroup(value)) return [key, isGroup(own) ? withFallback(own, value) : value]
      return [key, own ?? value]
    }),
  )
}
