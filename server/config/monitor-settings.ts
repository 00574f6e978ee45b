import { z } from 'zod'
import { onOff } from './values.ts'

/** What the server tells of itself. */
export const monitorSettings = {
  status: z.enum(['off', 'totals', 'public'], { error: 'must be off, totals or public' }).meta({
    description:
      'What `/status` shows to everybody: `public` the listed shares and totals, `totals` no names, `off` nothing.',
    default: 'public',
    example: 'totals',
  }),
  metrics: onOff.meta({
    description:
      'Whether `/metrics` tells numbers about the tracker, the seeder and the process to everybody, for Prometheus.',
    default: 'on',
    example: 'off',
  }),
}
