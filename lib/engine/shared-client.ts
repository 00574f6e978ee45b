import type { Client, ClientOptions } from './client.ts'

/** The client of all swarms of an engine: loaded when it is first needed. */
export class SharedClient {
  readonly #options: ClientOptions
  readonly #onError: (reason: unknown) => void
  #client: Promise<Client> | null = null

  /** `onError` gets an error that has ended all swarms; those of one swarm are emitted on its torrent. */
  constructor(options: ClientOptions, onError: (reason: unknown) => void) {
    this.#options = options
    this.#onError = onError
  }

  /** Rejects when the code does not load, or the browser has no WebRTC; the next call tries again. */
  load(): Promise<Client> {
    this.#client ??= this.#create().then(
      client => {
        client.webtorrent.on('error', this.#onError)
        return client
      },
      reason => {
        this.#client = null
        throw reason
      },
    )
    return this.#client
  }

  async #create(): Promise<Client> {
    const { createClient } = await import('./webtorrent.ts')
    return createClient(this.#options)
  }

  /** See `SwarmEngine.setIceServers`. A client that is not loaded yet gets them with its first swarm. */
  async setIceServers(iceServers: readonly RTCIceServer[]): Promise<void> {
    const client = await this.#client
    if (client) client.rtcConfig.iceServers = [...iceServers]
  }

  /** See `SwarmEngine.listen`. */
  async listen(): Promise<number> {
    const { webtorrent } = await this.load()
    if (!webtorrent.listening) {
      await new Promise<void>((resolve, reject) => {
        webtorrent.once('listening', resolve)
        webtorrent.once('error', reject)
      })
    }
    return webtorrent.torrentPort
  }

  /** Closes every connection and port; the next `load` makes another client. */
  async destroy(): Promise<void> {
    const client = await this.#client
    this.#client = null
    if (client) await new Promise<void>(resolve => client.webtorrent.destroy(resolve))
  }
}
