import { fetchShare } from '../../api/client.ts'
import { isOurPage } from '../../api/server-url.ts'
import { type AppError, type ErrorCode, AppError as Failure, toAppError } from '../../base/errors.ts'
import { getSession } from '../../browser/session/session.ts'
import type { SwarmSnapshot } from '../../engine/view/snapshot.ts'
import de from '../../i18n/messages/de.json' with { type: 'json' }
import en from '../../i18n/messages/en.json' with { type: 'json' }
import type { Share } from '../../protocol/share.ts'
import { saveFile, saveFramedFile, saveZip } from '../../save/save-files.ts'
import { deleteSaved, startDownload } from '../../session/downloads.ts'
import { canStore } from '../../storage/opfs/folder.ts'
import { checkRoom } from '../../storage/room.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { visibleName } from '../../torrent/paths.ts'
import type { RunRequest } from '../place.ts'
import { IDLE, type Runner, type WidgetState, type WidgetStatus } from '../status.ts'
import type { Language } from '../words.ts'
import { findDisk } from './find-disk.ts'

const SENTENCES = { en: en.errors, de: de.errors } satisfies Record<Language, Record<ErrorCode, string>>

/** The download of one share in a page, for all widgets that show it. */
export class WidgetDownload {
  readonly #infoHash: InfoHash
  readonly #members = new Set<RunRequest>()
  /** Null until the server told. */
  #share: Share | null = null
  #phase: 'idle' | 'starting' | 'begun' = 'idle'
  #error: AppError | null = null
  #sawIncomplete = false
  #uploads = true
  /** What the last one who started or paused it said. */
  #isWanted = false

  constructor(infoHash: InfoHash) {
    this.#infoHash = infoHash
    getSession().subscribe(() => this.#tell())
  }

  join(request: RunRequest): Runner {
    const isFirst = this.#members.size === 0 && this.#phase === 'idle'
    this.#members.add(request)
    if (isFirst) this.#uploads = request.uploads
    // One widget that may not upload speaks for all of the page.
    else if (!request.uploads) this.#setUploads(false)
    request.onStatus(this.#statusFor(request))
    return {
      start: () => void this.#start(request),
      pause: () => this.#pause(),
      setUploads: uploads => this.#setUploads(uploads),
      heed: () => this.#tell(),
      save: () => void this.#save(),
      close: () => {
        this.#members.delete(request)
        if (this.#members.size === 0) this.#pause()
      },
    }
  }

  #pause(): void {
    this.#isWanted = false
    if (this.#phase === 'begun') getSession().pause(this.#infoHash)
  }

  #setUploads(uploads: boolean): void {
    this.#uploads = uploads
    getSession().setUploads(this.#infoHash, uploads)
    this.#tell()
  }

  async #start({ onRefused, options: { webSeedOnly } }: RunRequest): Promise<void> {
    this.#isWanted = true
    if (this.#phase === 'starting') return
    const swarm = this.#swarm()
    if (swarm && !swarm.error) {
      this.#phase = 'begun'
      getSession().resume(this.#infoHash)
      return
    }
    this.#phase = 'starting'
    this.#error = null
    this.#tell()
    try {
      const [share] = await Promise.all([this.#share ?? fetchShare(this.#infoHash), findDisk()])
      this.#share = share
      this.#tell()
      if (webSeedOnly && share.webSeeds.length === 0) throw new Failure('share_not_held')
      if (canStore() && !(await checkRoom(share.length)).enough) throw new Failure('storage_full')
      await startDownload(this.#infoHash, filesOf(share), share.title, {
        uploads: this.#uploads,
        temporary: true,
        ...(webSeedOnly && { webSeedUse: 'only' }),
      })
      this.#phase = 'begun'
      // Paused, or left, while the server was asked.
      if (!this.#isWanted) getSession().pause(this.#infoHash)
    } catch (reason) {
      this.#phase = 'idle'
      const error = toAppError(reason)
      // The page's policy, or an ad blocker, may let a frame of ours do what it forbids here.
      if (error.code === 'server_unreachable' && onRefused()) return
      this.#error = error
    }
    this.#tell()
  }

  async #save(): Promise<void> {
    const files = filesOf(this.#share)
    const [only] = files
    const watch = { signal: new AbortController().signal, onProgress: () => {} }
    try {
      if (files.length > 1 || only === undefined) await saveZip(this.#infoHash, files, watch)
      else if (isOurPage() && self !== top) await saveFramedFile(this.#infoHash, only, watch)
      else await saveFile(this.#infoHash, only)
      // What was fetched on this site before, and is where the person wants it.
      await deleteSaved().catch(() => undefined)
    } catch (reason) {
      const error = toAppError(reason)
      // The person's own doing, or a sandbox's: it is here all the same.
      if (error.code === 'cancelled') return
      this.#error = error
      this.#tell()
    }
  }

  #tell(): void {
    const state = this.#swarm()?.state
    const isNews = state === 'done' && this.#sawIncomplete && this.#phase === 'begun'
    if (this.#phase === 'begun' && state !== undefined) this.#sawIncomplete = state !== 'done'
    for (const member of this.#members) member.onStatus(this.#statusFor(member))
    if (isNews && this.#savesByItself()) void this.#save()
  }

  /** One file alone, for somebody who is there: a page that nobody has touched puts nothing on their disk. */
  #savesByItself(): boolean {
    const plays = [...this.#members].some(({ options }) => options.mode === 'player')
    return !plays && filesOf(this.#share).length === 1 && (navigator.userActivation?.hasBeenActive ?? false)
  }

  #swarm(): SwarmSnapshot | undefined {
    return getSession().getSwarm(this.#infoHash)
  }

  #statusFor({ options: { language } }: RunRequest): WidgetStatus {
    const share = this.#share
    const about = {
      name: visibleName(share?.title || share?.name || ''),
      length: share?.length ?? 0,
      files: filesOf(share).length,
      uploads: this.#uploads,
    }
    const swarm = this.#phase === 'idle' ? undefined : this.#swarm()
    const failure = this.#error ?? swarm?.error ?? swarm?.problem
    const error = failure ? { code: failure.code, message: SENTENCES[language][failure.code] } : null
    if (!swarm)
      return {
        ...IDLE,
        ...about,
        state: error ? 'error' : this.#phase === 'idle' ? 'idle' : 'starting',
        error,
      }
    const { downloaded, downloadRate, fromPeers, fromWebSeeds, length, peers, saved, timeLeft, uploaded } =
      swarm
    return {
      ...about,
      state: stateOf(swarm),
      length,
      downloaded,
      downloadRate,
      uploaded,
      timeLeft,
      peers: peers.length,
      fromPeers,
      fromWebSeeds,
      uploads: swarm.uploads,
      saved,
      error,
    }
  }
}

/** Who published it from this very browser has the files. */
const stateOf = ({ state }: SwarmSnapshot): WidgetState => (state === 'seeding' ? 'done' : state)

const filesOf = (share: Share | null): number[] =>
  share?.files.flatMap(({ padding }, index) => (padding ? [] : [index])) ?? []
