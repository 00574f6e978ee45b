import { setTimeout as delay } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { CloseCode } from './frames.ts'

/** So many connections are closed at once without anybody noticing that they come back together. */
const SLICE_MIN = 50
const SLICE_MS = 50

/**
 * Closes all `connections` with code 1012 (service restart), which means "come back": in slices over at most `spreadMs`
 * milliseconds, so that their clients do not all come back at the same moment. Resolves when the last is closed; a few are
 * closed at once.
 */
export async function sendAway(connections: Iterable<Connection>, spreadMs: number): Promise<void> {
  const open = [...connections]
  const slices = Math.max(1, Math.min(Math.ceil(open.length / SLICE_MIN), Math.floor(spreadMs / SLICE_MS)))
  const size = Math.ceil(open.length / slices)
  const pauseMs = spreadMs / slices
  for (let first = 0; first < open.length; first += size) {
    if (first > 0) await delay(pauseMs)
    for (const connection of open.slice(first, first + size)) comeBack(connection)
  }
}

/** Nothing happens to one that is closed already. */
export const comeBack = (connection: Connection): void =>
  connection.close(CloseCode.serviceRestart, 'server restarting, come back')
