import type { SwarmEngine } from '../../engine/engine.ts'
import type { RateLimits } from '../../engine/view/snapshot.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { changeSavedRecord, type SavedDownload } from '../records/saved-records.ts'

/** What the person does to a share, whichever tab runs it. */
export type Command =
  | { readonly do: 'pause' | 'resume' | 'leave' | 'remove' | 'markSaved' }
  | { readonly do: 'select'; readonly files: readonly number[] }
  | { readonly do: 'setLimits'; readonly limits: RateLimits }
  | { readonly do: 'setUploads'; readonly uploads: boolean }

/** Carry out a command on a share of `engine`. Errors: those of leaving and removing. */
export async function applyCommand(engine: SwarmEngine, infoHash: InfoHash, command: Command): Promise<void> {
  switch (command.do) {
    case 'pause':
      return engine.pause(infoHash)
    case 'resume':
      return engine.resume(infoHash)
    case 'select':
      return engine.select(infoHash, command.files)
    case 'setLimits':
      return engine.setLimits(infoHash, command.limits)
    case 'setUploads':
      return engine.setUploads(infoHash, command.uploads)
    case 'markSaved':
      return engine.markSaved(infoHash)
    case 'leave':
      return engine.leave(infoHash)
    case 'remove':
      return engine.remove(infoHash)
  }
}

/** Whether the tab that runs the share no longer does after this command. */
export const endsRun = (command: Command): boolean => command.do === 'leave' || command.do === 'remove'

/** Save in the record of the share what a command decides. Without storage (private windows) it holds as long as the tab. */
export async function recordCommand(infoHash: InfoHash, command: Command): Promise<void> {
  const change = changeBy(command)
  if (change) await changeSavedRecord(infoHash, change).catch(() => undefined)
}

function changeBy(
  command: Command,
): Partial<Pick<SavedDownload, 'limits' | 'paused' | 'saved' | 'selected' | 'uploads'>> | null {
  switch (command.do) {
    case 'pause':
      return { paused: true }
    case 'resume':
      return { paused: false }
    case 'select':
      return { selected: command.files }
    case 'setLimits':
      return { limits: command.limits }
    case 'setUploads':
      return { uploads: command.uploads }
    case 'markSaved':
      return { saved: true }
    default:
      return null
  }
}
