import { createHmac, randomBytes } from 'node:crypto'

/**
 * What our own seeder adds to its announce URLs: by it the tracker knows one client that has all shares. A seeder of
 * another machine makes the same of the token both have, so that either may start anew; without one it is of this run.
 */
export function ownQuery(seederToken: string | undefined): string {
  const key =
    seederToken === undefined
      ? randomBytes(16)
      : createHmac('sha256', seederToken).update('announce').digest().subarray(0, 16)
  return `?own=${key.toString('hex')}`
}
