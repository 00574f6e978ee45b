import { createHmac, randomBytes } from 'node:crypto'

/**
 * The query that our own seeder adds to its announce URLs, by which the tracker knows it: one client with all shares. With
 * a `seederToken` both sides derive it from that, so that a seeder on another machine and the server may restart
 * independently; without one it is random, and valid for this process.
 */
export function seederQuery(seederToken: string | undefined): string {
  const key =
    seederToken === undefined
      ? randomBytes(16)
      : createHmac('sha256', seederToken).update('announce').digest().subarray(0, 16)
  return `?own=${key.toString('hex')}`
}
