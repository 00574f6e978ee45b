import { fetchShare } from '../../api/client.ts'
import { isOurPage } from '../../api/server-url.ts'
import { type AppError, type ErrorCode, AppError as Failure, toAppError } from '../../base/errors.ts'
import type { BrowserTab } from '../../browser/browser-tab.ts'
import { deleteTemporary } from '../../browser/downloads/delete-download.ts'
import { startDownload } from '../../browser/downloads/start-download.ts'
import { insideOf } from '../../browser/sealed/inside-of.ts'
import { openWithKey } from '../../browser/sealed/open-with-key.ts'
import { showProgress } from '../../browser/shown-progress.ts'
import type { SwarmSnapshot } from '../../engine/view/snapshot.ts'
import type { Locale } from '../../i18n/locales.ts'
import ar from '../../i18n/messages/ar.json' with { type: 'json' }
import de from '../../i18n/messages/de.json' with { type: 'json' }
import en from '../../i18n/messages/en.json' with { type: 'json' }
import es from '../../i18n/messages/es.json' with { type: 'json' }
import fr from '../../i18n/messages/fr.json' with { type: 'json' }
import ja from '../../i18n/messages/ja.json' with { type: 'json' }
import { contentSize } from '../../protocol/content-size.ts'
import type { Share } from '../../protocol/share.ts'
import { saveFile, saveFileAsStream, saveZip } from '../../save/save-files.ts'
import { checkRoom } from '../../storage/room.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { visibleName } from '../../torrent/paths.ts'
import type { RunRequest } from '../place.ts'
import { mayBeSandboxed } from '../sandbox.ts'
import { IDLE, type Runner, type WidgetState, type WidgetStatus } from '../status.ts'

const SENTENCES = {
  en: { ...en.errors, ...en.readerErrors },
  de: { ...de.errors, ...de.readerErrors },
  fr: { ...fr.errors, ...fr.readerErrors },
  es: { ...es.errors, ...es.readerErrors },
  ja: { ...ja.errors, ...ja.readerErrors },
  ar: { ...ar.errors, ...ar.readerErrors },
} satisfies Record<Locale, Record<ErrorCode, string>>

/** The download of one share in a page, shared by all widgets that show it. */
export class WidgetDownload {
  readonly #tab: BrowserTab
  readonly #infoHash: InfoHash
  /** Resolves when it is known whether this page can store on disk. */
  readonly #findDisk: () => Promise<void>
  readonly #members = new Set<RunRequest>()
  /** Null until the server has answered. */
  #share: Share | null = null
  #phase: 'idle' | 'starting' | 'begun' = 'idle'
  #error: AppError | null = null
  /** Part of the save under way, 0 to 1. */
  #saving: number | null = null
  #sawIncomplete = false
  #uploads = true
  /** Started, and not paused since, by any of the widgets. */
  #isWanted = false

  constructor(tab: BrowserTab, infoHash: InfoHash, findDisk: () => Promise<void>) {
    this.#tab = tab
    this.#infoHash = infoHash
    this.#findDisk = findDisk
    this.#tab.session.subscribe(() => this.#report())
  }

  join(request: RunRequest): Runner {
    const isFirst = this.#members.size === 0 && this.#phase === 'idle'
    this.#members.add(request)
    if (isFirst) this.#uploads = request.uploads
    // One widget that must not upload decides for the whole page.
    else if (!request.uploads) this.#setUploads(false)
    request.onStatus(this.#statusFor(request))
    return {
      start: () => void this.#start(request),
      pause: () => this.#pause(),
      setUploads: uploads => this.#setUploads(uploads),
      setAttribute: () => this.#report(),
      save: () => void this.#save(),
      close: () => {
        this.#members.delete(request)
        if (this.#members.size === 0) this.#pause()
      },
    }
  }

  #pause(): void {
    this.#isWanted = false
    if (this.#phase === 'begun') this.#tab.session.pause(this.#infoHash)
  }

  #setUploads(uploads: boolean): void {
    this.#uploads = uploads
    this.#tab.session.setUploads(this.#infoHash, uploads)
    this.#report()
  }

  async #start({ onRefused, options: { key, webSeedOnly } }: RunRequest): Promise<void> {
    this.#isWanted = true
    if (this.#phase === 'starting') return
    const swarm = this.#swarm()
    if (swarm && !swarm.error) {
      this.#phase = 'begun'
      this.#tab.session.resume(this.#infoHash)
      return
    }
    this.#phase = 'starting'
    this.#error = null
    this.#report()
    try {
      const [share] = await Promise.all([this.#share ?? this.#fetchShare(key), this.#findDisk()])
      this.#share = share
      this.#report()
      if (webSeedOnly && share.webSeeds.length === 0) throw new Failure('share_not_held')
      if (this.#tab.hasDisk && !(await checkRoom(share.length)).enough) throw new Failure('storage_full')
      await startDownload(this.#tab, this.#infoHash, filesOf(share), {
        title: share.title,
        uploads: this.#uploads,
        temporary: true,
        ...(webSeedOnly && { webSeedUse: 'only' }),
      })
      this.#phase = 'begun'
      // Paused, or its last widget closed, during the request.
      if (!this.#isWanted) this.#tab.session.pause(this.#infoHash)
    } catch (reason) {
      this.#phase = 'idle'
      const error = toAppError(reason)
      // The page's policy, or an ad blocker, may allow to our frame what it forbids here.
      if (error.code === 'server_unreachable' && onRefused()) return
      this.#error = error
    }
    this.#report()
  }

  /** The share; an encrypted one as it is inside. Errors: those of `openWithKey`; `password_wrong` for one with a password, which its page asks for. */
  async #fetchShare(key: string | null): Promise<Share> {
    const share = await fetchShare(this.#infoHash)
    if (!share.encrypted) return share
    const opened = await openWithKey(this.#tab, this.#infoHash, {
      fragment: key ?? '',
      password: null,
      name: share.name,
      onFetching: () => {},
      signal: new AbortController().signal,
    })
    if (opened === 'needs-password') throw new Failure('password_wrong')
    return insideOf(share, opened)
  }

  async #save(): Promise<void> {
    if (this.#saving !== null) return
    const files = filesOf(this.#share)
    const [only] = files
    const watch = { signal: new AbortController().signal, onProgress: this.#showSaving() }
    const isStream = this.#share?.encrypted || (isOurPage() && self !== top)
    try {
      if (files.length > 1 || only === undefined) await saveZip(this.#tab, this.#infoHash, files, watch)
      else if (isStream) await saveFileAsStream(this.#tab, this.#infoHash, only, watch)
      else await saveFile(this.#tab, this.#infoHash, only)
      // Earlier downloads on this site that were saved: the person has them.
      await deleteTemporary(this.#tab).catch(() => undefined)
    } catch (reason) {
      const error = toAppError(reason)
      // The person cancelled, or a sandbox forbids it; the files stay complete.
      if (error.code === 'cancelled') return
      this.#error = error
    } finally {
      this.#saving = null
      this.#report()
    }
  }

  /** Takes the bytes that are saved so far. */
  #showSaving(): (bytes: number) => void {
    const size = this.#share ? contentSize(this.#share) : 0
    return showProgress(size, ({ bytes }) => {
      // A zip is a little larger than its files.
      this.#saving = Math.min(1, bytes / Math.max(1, size))
      this.#report()
    })
  }

  #report(): void {
    const state = this.#swarm()?.state
    const isNews = state === 'done' && this.#sawIncomplete && this.#phase === 'begun'
    if (this.#phase === 'begun' && state !== undefined) this.#sawIncomplete = state !== 'done'
    for (const member of this.#members) member.onStatus(this.#statusFor(member))
    if (isNews && this.#savesItself()) void this.#save()
  }

  /** A single file saves itself, but not on a page that the person has not touched. */
  #savesItself(): boolean {
    const plays = [...this.#members].some(({ options }) => options.mode === 'player')
    return !plays && filesOf(this.#share).length === 1 && (navigator.userActivation?.hasBeenActive ?? false)
  }

  #swarm(): SwarmSnapshot | undefined {
    return this.#tab.session.getSwarm(this.#infoHash)
  }

  #statusFor({ options: { language } }: RunRequest): WidgetStatus {
    const share = this.#share
    const about = {
      name: visibleName(share?.title || share?.name || ''),
      length: share?.length ?? 0,
      size: share ? contentSize(share) : 0,
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
      saved: saved && !mayBeSandboxed(),
      saving: this.#saving,
      error,
    }
  }
}

/** `seeding`: this browser published the share and has its files. */
const stateOf = ({ state }: SwarmSnapshot): WidgetState => (state === 'seeding' ? 'done' : state)

const filesOf = (share: Share | null): number[] =>
  share?.files.flatMap(({ padding }, index) => (padding ? [] : [index])) ?? []
