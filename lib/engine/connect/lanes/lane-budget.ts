/** Most lanes to one peer besides the first connection; a phone has less memory and a slower processor. */
const LANES_MAX = 7
const PHONE_LANES_MAX = 2

/** Most lanes of one client: a browser has 500 connections for all its tabs, and each takes some MiB. */
const CLIENT_LANES_MAX = 96

/** After the browser made no more connections, none is asked for as long as this. */
const EXHAUSTED_MS = 60_000

/** With less memory than this, in GiB, a hidden tab keeps to one connection. */
const SMALL_MEMORY_GIB = 2

/** How many lanes the peers of one client may have. */
export class LaneBudget {
  /** Lanes of all peers. */
  taken = 0
  #exhaustedUntil = Number.NEGATIVE_INFINITY

  /** Most lanes of one peer right now. */
  get mostOfPeer(): number {
    if (isHidden() && isShortOfMemory()) return 0
    return isPhone() ? PHONE_LANES_MAX : LANES_MAX
  }

  /** Whether a peer that has `count` lanes may have another one. */
  allows(count: number): boolean {
    return (
      count < this.mostOfPeer && this.taken < CLIENT_LANES_MAX && performance.now() >= this.#exhaustedUntil
    )
  }

  /** The browser has refused a connection. */
  exhausted(): void {
    this.#exhaustedUntil = performance.now() + EXHAUSTED_MS
  }
}

interface Device {
  readonly deviceMemory?: number
  readonly userAgent?: string
  readonly userAgentData?: { readonly mobile: boolean }
}

const device = (): Device => (globalThis as { readonly navigator?: Device }).navigator ?? {}

/** Browsers that do not say it themselves (Firefox, Safari) say it in their name. */
const isPhone = (): boolean => device().userAgentData?.mobile ?? /Mobi|Android/.test(device().userAgent ?? '')

const isHidden = (): boolean => typeof document !== 'undefined' && document.hidden

/** GiB as the browser gives them, rounded; browsers that do not say are taken to have enough. */
const isShortOfMemory = (): boolean => (device().deviceMemory ?? SMALL_MEMORY_GIB + 1) <= SMALL_MEMORY_GIB
