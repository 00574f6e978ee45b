import { saveSettings } from '../backup/settings-file.ts'
import { startStep } from '../base/start-error.ts'
import { Recorder } from '../monitor/recorder.ts'
import { openShareCache } from '../seeder/open.ts'
import type { AppOptions } from './app-parts.ts'
import type { Foundation } from './foundation.ts'
import type { Holders } from './holders.ts'
import type { Registry } from './registry.ts'

interface WritingParts extends Foundation, Holders, Registry {
  readonly options: AppOptions
}

/**
 * Starts what writes by itself: the tracker's state, the history, the seeder and the uploads to the bucket. `localUrl` is
 * where the server listens. Errors: `StartError`.
 */
export async function startWriting(parts: WritingParts, localUrl: string): Promise<void> {
  const { bucket, cluster, config, log, shared, shutdown, stores, tracker } = parts
  shutdown.on('tracker state', () => tracker.saveState())
  await saveSettings(config).catch(reason => log.warn({ err: reason }, 'backups will have no settings'))
  const counted = cluster?.samples
  const recorder = await Recorder.start({ tracker, history: stores.history, counted, log })
  shutdown.on('recorder', () => recorder.stop())
  if (config.seeder || parts.remoteSeeders || shared) await startSeeder(parts, localUrl)
  bucket?.start()
}

async function startSeeder(parts: WritingParts, localUrl: string): Promise<void> {
  const { bucket, late, options, shutdown, tracker } = parts
  const { shareCache, watch } = await startStep('cannot start the seeder', () =>
    openShareCache({
      ...options,
      ...parts,
      // The seeder reaches our tracker by this machine's own address, whatever name people use.
      origin: localUrl.replace('localhost', '127.0.0.1'),
      trackerQuery: tracker.seederQuery,
      onExpired: infoHash => bucket?.drop(infoHash),
    }),
  )
  late.seeding(shareCache)
  shutdown.on('publish folder', () => watch?.close())
  shutdown.on('seeder', () => shareCache.stop())
}
