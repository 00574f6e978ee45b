import type { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { durationMs, positiveNumber, type Values, value } from '../options.ts'
import { follow } from './swarm.ts'
import type { SwarmStatus } from './swarm-status.ts'

/** When to stop seeding; whichever comes first. */
export const SEEDING_OPTIONS = {
  ratio: value('Seed until this many times its size was uploaded.', 'N', positiveNumber),
  'seed-time': value('Seed for this long: 90s, 30m, 2h or 1d.', 'TIME', durationMs),
}

/** Whether one of the options says when to stop. */
export const hasGoal = (options: Values<typeof SEEDING_OPTIONS>): boolean =>
  options.ratio !== undefined || options['seed-time'] !== undefined

/** Resolves when the goal is reached; without a goal never. Errors: what ended the swarm, `cancelled`. */
export async function seedUntilGoal(
  engine: SwarmEngine,
  infoHash: InfoHash,
  options: Values<typeof SEEDING_OPTIONS>,
  signal: AbortSignal,
  status: SwarmStatus,
): Promise<void> {
  const { ratio, 'seed-time': time } = options
  const over = new AbortController()
  const timer = time === undefined ? null : setTimeout(() => over.abort(), time)
  try {
    await follow(
      engine,
      infoHash,
      AbortSignal.any([signal, over.signal]),
      swarm => status.update(swarm),
      swarm => ratio !== undefined && status.ratio(swarm) >= ratio,
    )
  } catch (reason) {
    if (signal.aborted || !over.signal.aborted) throw reason
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
