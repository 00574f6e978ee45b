import { z } from 'zod'
import { byteCount, wholeNumber } from './values.ts'

/** What the server publishes about itself, to people and to what watches it. */
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
  diskReserve: byteCount(0).meta({
    description:
      'Bytes that should be free on the disk of the data directory. With less, `/readyz` answers 503; the server goes on.',
    default: '200MB',
    example: '5GB',
  }),
  drainSeconds: wholeNumber(0, 600).meta({
    description:
      'Seconds for which a server that is told to stop goes on answering, with 503 at `/readyz`, and sends its WebSockets away bit by bit: set it to the time in which a load balancer notices.',
    default: '0',
    example: '15',
  }),
}
