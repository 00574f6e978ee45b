import type { WidgetOptions } from '../options.ts'
import type { Place } from '../place.ts'
import type { Runner, WidgetStatus } from '../status.ts'

/** The widget that wants a download run. */
interface AttemptHost {
  /** The current attributes. */
  readonly options: () => WidgetOptions
  /** Whether it may upload now. */
  readonly uploads: () => boolean
  readonly isDark: () => boolean
  readonly onStatus: (status: WidgetStatus) => void
  /** The frame that the download runs in; null: none (any more). */
  readonly onFrame: (frame: HTMLIFrameElement | null) => void
  /** It can run in none of the places. */
  readonly onNowhere: () => void
}

/** One start of a download: tries the places in order, until one runs it. Once closed it reports nothing. */
export class Attempt {
  readonly #infoHash: string
  readonly #host: AttemptHost
  #runner: Runner | null = null
  #hasBytes = false
  #isClosed = false

  constructor(infoHash: string, host: AttemptHost) {
    this.#infoHash = infoHash
    this.#host = host
  }

  /** What runs the download; null while it is on its way, and when no place can. */
  get runner(): Runner | null {
    return this.#runner
  }

  async run(places: readonly Place[]): Promise<void> {
    for (const place of places) {
      const refused = Promise.withResolvers<null>()
      const isLast = place === places.at(-1)
      const running = this.#runIn(place, () => {
        const leaves = !isLast && !this.#isClosed && !this.#hasBytes
        if (leaves) refused.resolve(null)
        return leaves
      })
      const runner = await Promise.race([running.catch(() => null), refused.promise])
      if (this.#isClosed) {
        void running.then(
          late => late.close(),
          () => undefined,
        )
        return
      }
      if (runner) {
        this.#runner = runner
        runner.start()
        // A place may refuse later, when the engine asks for more than its own code.
        await refused.promise
        if (this.#isClosed) return
        runner.close()
      }
      this.#runner = null
      this.#host.onFrame(null)
    }
    this.#host.onNowhere()
  }

  /** Stop it; what is on disk stays. */
  close(): void {
    this.#isClosed = true
    this.#runner?.close()
    this.#runner = null
  }

  #runIn(place: Place, onRefused: () => boolean): Promise<Runner> {
    const host = this.#host
    return place({
      infoHash: this.#infoHash,
      get options() {
        return host.options()
      },
      isDark: host.isDark,
      uploads: host.uploads(),
      onStatus: status => {
        // Until the place has answered, the widget shows that it is starting.
        if (this.#isClosed || !this.#runner) return
        this.#hasBytes = status.downloaded > 0
        host.onStatus(status)
      },
      onRefused,
      onFrame: frame => {
        if (!this.#isClosed) host.onFrame(frame)
      },
    })
  }
}
