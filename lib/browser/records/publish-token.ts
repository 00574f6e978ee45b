const KEY = 'tabseed-publish-token'

interface Stored {
  readonly token: string
  /** The invitation that it came from, or is about to come from. */
  readonly invitation: string | null
}

/** The token that this browser publishes with, kept for its next visits; without storage, for as long as the tab lives. */
export class PublishToken {
  #here: Stored | null = null

  read(): Stored | null {
    try {
      const stored: Partial<Stored> | null = JSON.parse(localStorage.getItem(KEY) ?? 'null')
      if (typeof stored?.token !== 'string') return this.#here
      return { token: stored.token, invitation: stored.invitation ?? null }
    } catch {
      return this.#here
    }
  }

  keep(token: string, invitation: string | null): void {
    this.#here = { token, invitation }
    try {
      localStorage.setItem(KEY, JSON.stringify(this.#here))
    } catch {
      // Private windows and full storages: this tab has it.
    }
  }

  forget(): void {
    this.#here = null
    try {
      localStorage.removeItem(KEY)
    } catch {
      // There is none then.
    }
  }
}
