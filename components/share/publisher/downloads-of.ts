import type { Person } from '../../../lib/browser/publications/people.ts'
import type { Presence } from '../../../lib/protocol/presence.ts'

/** Completed downloads: the tracker's count, or what this tab saw, which may be ahead of it. `lastAt`: Unix time in milliseconds. */
export function downloadsOf({ downloads, lastDownload }: Presence, people: readonly Person[]) {
  const seen = people.flatMap(({ doneAt }) => doneAt ?? [])
  if (seen.length > downloads) return { count: seen.length, lastAt: Math.max(...seen) }
  return { count: downloads, lastAt: lastDownload === null ? null : Date.parse(lastDownload) }
}
