import { z } from 'zod'

/** What the server publishes about itself. */
export const monitorSettings = {
  status: z.enum(['off', 'totals', 'public'], { error: 'must be off, totals or public' }).meta({
    description:
      'What `/status` shows to everybody: `public` listed shares and totals, `totals` only totals, `off` nothing.',
    default: 'public',
    example: 'totals',
  }),
  metrics: z.enum(['on', 'local', 'off'], { error: 'must be on, local or off' }).meta({
    description:
      'Who gets numbers about the tracker, the seeder and the process at `/metrics`, for Prometheus: `on` everybody, `local` programs on this machine and whoever has the operator key (as a bearer token), `off` nobody.',
    default: 'local',
    example: 'on',
  }),
}
