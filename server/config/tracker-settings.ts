import { z } from 'zod'
import { onOff, wholeNumber } from './values.ts'

/** Whom the tracker serves, and how much of it. */
export const trackerSettings = {
  trackerAccess: z.enum(['closed', 'open'], { error: 'must be closed or open' }).meta({
    description:
      'What the tracker tracks: `closed` the shares that were published here, `open` whatever anybody announces. Blocked shares never.',
    default: 'closed',
    example: 'open',
  }),
  limits: onOff.meta({
    description:
      'Limits on announces, connections and swarms of one client and one address. `off` is for load tests only.',
    default: 'on',
    example: 'off',
  }),
  scrape: z.enum(['none', 'specific', 'all'], { error: 'must be none, specific or all' }).meta({
    description:
      'Who is told how many peers there are: `none`, `specific` for those who name info hashes, `all` also for those who ask for everything over HTTP.',
    default: 'specific',
    example: 'none',
  }),
  udpPort: wholeNumber(1, 65_535).optional().meta({
    description:
      'UDP port of the tracker (BEP 15) for classic clients, named in .torrent files and magnets. Unset: none.',
    example: '6969',
  }),
}
