import { z } from 'zod'
import { onOff, wholeNumber } from './values.ts'

/** What the tracker tracks, and its limits. */
export const trackerSettings = {
  trackerAccess: z.enum(['closed', 'open'], { error: 'must be closed or open' }).meta({
    description:
      'What the tracker tracks: `closed` only shares published here, `open` whatever anybody announces. Blocked shares are never tracked.',
    default: 'closed',
    example: 'open',
  }),
  limits: onOff.meta({
    description:
      'Limits on announces, connections and swarms per client and per address. `off` is for load tests only.',
    default: 'on',
    example: 'off',
  }),
  peersPerAddress: wholeNumber(1, 50_000).optional().meta({
    description:
      'Most peers of one address (IPv6: one /64) in one swarm; further ones find others, but are not found. Unset: 100, and any number of this machine itself.',
    example: '500',
  }),
  scrape: z.enum(['none', 'specific', 'all'], { error: 'must be none, specific or all' }).meta({
    description:
      'Which scrapes are answered with peer counts: `none`, `specific` those that name info hashes, `all` also those that ask over HTTP for everything.',
    default: 'specific',
    example: 'none',
  }),
  udpPort: wholeNumber(1, 65_535).optional().meta({
    description:
      'UDP port of the tracker (BEP 15) for classic clients; .torrent files and magnets name it. Unset: no UDP.',
    example: '6969',
  }),
}
