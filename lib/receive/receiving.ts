import { createInbox, endInbox, fetchDeliveries } from '../api/inboxes.ts'
import { BackOff } from '../base/back-off.ts'
import { toAppError } from '../base/errors.ts'
import { Watchable } from '../base/watchable.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import {
  changeInbox,
  forgetInbox,
  listInboxes,
  type SavedDelivery,
  type SavedInbox,
  saveInbox,
} from '../browser/records/saved-inboxes.ts'
import { randomKey } from '../publish/random-key.ts'
import { parseInfoHash } from '../torrent/ids.ts'
import { ASK_TITLE_MAX, shortened } from './delivery.ts'
import { type DeliveryState, fetchDelivery } from './fetch-delivery.ts'
import { inboxKey, newFragment, openDelivery, sealAsk, sendKeyOf } from './seal.ts'

/** Deliveries that are opened at a time. */
const AT_ONCE_MAX = 4

/** Waits before a delivery that nobody has at hand is tried again: others must have their turn. */
const RETRY = { firstMs: 4_000, maxMs: 60_000 }

/** What a page shows of the inboxes of this browser. */
export interface ReceivingState {
  /** Newest first; undefined until they are read. */
  readonly inboxes: readonly SavedInbox[] | undefined
  /** Of deliveries that are no downloads yet, by `deliveryId`. */
  readonly states: ReadonlyMap<string, DeliveryState>
  /** The server did not answer lately. */
  readonly isAway: boolean
}

export const deliveryId = (inbox: string, { number }: Pick<SavedDelivery, 'number'>): string =>
  `${inbox}/${number}`

/** The inboxes of this browser: makes and ends them, and has what is delivered become downloads. */
export class Receiving {
  readonly #tab: BrowserTab
  readonly #state = new Watchable<ReceivingState>({ inboxes: undefined, states: new Map(), isAway: false })
  readonly #busy = new Set<string>()
  /** Deliveries that nobody had at hand: when they are tried again, in milliseconds of a monotonic clock. */
  readonly #later = new Map<string, { readonly at: number; readonly backOff: BackOff }>()
  #polling: Promise<void> | null = null
  /** Changes of this tab, and how many of them are not saved yet. */
  #version = 0
  #writing = 0

  constructor(tab: BrowserTab) {
    this.#tab = tab
  }

  /** Calls `listener` after each change; returns the unsubscribe. */
  readonly subscribe = this.#state.subscribe
  readonly getSnapshot = this.#state.getSnapshot

  /**
   * Makes an inbox and resolves to its id. It works in this tab where the browser has no storage. Errors: those of `POST /api/inboxes`,
   * `insecure_context`.
   */
  async create(title: string): Promise<string> {
    await this.#read()
    const fragment = newFragment()
    const ownerKey = randomKey()
    const asked = shortened(title, ASK_TITLE_MAX)
    const sealed = await sealAsk(await inboxKey(fragment), { title: asked })
    const token = this.#tab.publishToken.read()?.token
    const sendKey = await sendKeyOf(fragment)
    const { createdAt, expiresAt, id } = await createInbox({ ownerKey, sealed, sendKey }, token)
    const inbox: SavedInbox = {
      id,
      ownerKey,
      fragment,
      title: asked,
      createdAt,
      expiresAt,
      deliveries: [],
      seen: 0,
      unreadable: 0,
      ended: false,
    }
    // First the record: a link that is shown may be given away, and the browser killed.
    await this.#write(() => saveInbox(inbox))
    this.#set({ inboxes: [inbox, ...this.#inboxes().filter(each => each.id !== id)] })
    return id
  }

  /** Asks the server what came, and goes on with what can be fetched. One at a time; never rejects. */
  poll(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = null
    })
    return this.#polling
  }

  /** Fetches a delivery whatever its size. */
  async accept(inbox: string, delivery: SavedDelivery): Promise<void> {
    await this.#changeDelivery(inbox, delivery, { accepted: true })
    this.#forgetState(deliveryId(inbox, delivery))
    this.#later.delete(deliveryId(inbox, delivery))
    this.#goOn()
  }

  /** Nobody can send anything more; what came stays. Errors: those of the API, but for one that has ended already. */
  async stop({ id, ownerKey }: SavedInbox): Promise<void> {
    try {
      await endInbox(id, ownerKey)
    } catch (reason) {
      if (!isOver(reason)) throw reason
    }
    await this.#change(id, inbox => ({ ...inbox, ended: true }))
  }

  /** Takes it off the list. Its downloads stay in the library. */
  async forget(id: string): Promise<void> {
    this.#set({ inboxes: this.#inboxes().filter(inbox => inbox.id !== id) })
    await this.#write(() => forgetInbox(id))
  }

  async #poll(): Promise<void> {
    await this.#read()
    let isAway = false
    for (const inbox of this.#inboxes()) {
      if (inbox.ended) continue
      try {
        await this.#take(inbox)
      } catch (reason) {
        if (isOver(reason)) await this.#change(inbox.id, before => ({ ...before, ended: true }))
        else isAway = true
      }
    }
    if (isAway !== this.getSnapshot().isAway) this.#set({ isAway })
    this.#goOn()
  }

  /** Reads what other tabs and earlier pages have saved; what this tab has and they have not stays. */
  async #read(): Promise<void> {
    const version = this.#version
    const saved = await listInboxes().catch(() => [])
    // What was read is older than what is here.
    if (version !== this.#version || this.#writing > 0) return
    const { inboxes } = this.getSnapshot()
    const known = new Set(saved.map(({ id }) => id))
    const next = [...(inboxes ?? []).filter(({ id }) => !known.has(id)), ...saved]
    if (JSON.stringify(inboxes) !== JSON.stringify(next)) this.#set({ inboxes: next })
  }

  /** Fetches the list of what came since the last time. Errors: those of the API. */
  async #take({ fragment, id, ownerKey, seen }: SavedInbox): Promise<void> {
    const key = await inboxKey(fragment)
    for (let after = seen; ; ) {
      const { deliveries, more } = await fetchDeliveries(id, ownerKey, after)
      const found: SavedDelivery[] = []
      for (const { at, number, sealed } of deliveries) {
        const delivery = await openDelivery(key, sealed)
        const infoHash = delivery && parseInfoHash(delivery.infoHash)
        if (delivery && infoHash)
          found.push({ ...delivery, infoHash, number, at, accepted: false, started: false })
        after = Math.max(after, number)
      }
      const last = after
      if (deliveries.length > 0) {
        await this.#change(id, inbox => withDeliveries(inbox, found, { count: deliveries.length, last }))
      }
      if (!more || deliveries.length === 0) return
    }
  }

  /** Begins to fetch what is not fetched yet, a few at a time. */
  #goOn(): void {
    for (const inbox of this.#inboxes()) {
      for (const delivery of inbox.deliveries) {
        const id = deliveryId(inbox.id, delivery)
        const state = this.getSnapshot().states.get(id)?.is
        const waits = state === 'asks' || state === 'failed'
        const isEarly = (this.#later.get(id)?.at ?? 0) > performance.now()
        if (delivery.started || waits || isEarly || this.#busy.has(id)) continue
        if (this.#busy.size >= AT_ONCE_MAX) return
        this.#busy.add(id)
        this.#fetch(inbox, delivery).then(
          () => this.#free(id),
          () => this.#free(id),
        )
      }
    }
  }

  /** The next one has its turn. */
  #free(id: string): void {
    this.#busy.delete(id)
    const { backOff } = this.#later.get(id) ?? { backOff: new BackOff(RETRY) }
    this.#later.set(id, { at: performance.now() + backOff.next(), backOff })
    this.#goOn()
  }

  async #fetch({ deliveries, id }: SavedInbox, delivery: SavedDelivery): Promise<void> {
    const name = deliveryId(id, delivery)
    const before = deliveries
      .filter(({ accepted, started }) => started && !accepted)
      .reduce((sum, { length }) => sum + length, 0)
    const onState = (state: DeliveryState) =>
      this.#set({ states: new Map(this.getSnapshot().states).set(name, state) })
    const there = await fetchDelivery(this.#tab, delivery, { before, onState })
    if (there === null) return
    await this.#changeDelivery(id, delivery, { started: true, ...there })
    this.#forgetState(name)
  }

  #changeDelivery(id: string, { number }: SavedDelivery, change: Partial<SavedDelivery>): Promise<void> {
    return this.#change(id, inbox => ({
      ...inbox,
      deliveries: inbox.deliveries.map(each => (each.number === number ? { ...each, ...change } : each)),
    }))
  }

  async #change(id: string, change: (inbox: SavedInbox) => SavedInbox): Promise<void> {
    this.#set({ inboxes: this.#inboxes().map(inbox => (inbox.id === id ? change(inbox) : inbox)) })
    await this.#write(() => changeInbox(id, change))
  }

  /** Without storage it holds as long as the tab. */
  async #write(save: () => Promise<void>): Promise<void> {
    this.#version += 1
    this.#writing += 1
    await save().catch(() => undefined)
    this.#writing -= 1
  }

  #forgetState(name: string): void {
    const states = new Map(this.getSnapshot().states)
    if (states.delete(name)) this.#set({ states })
  }

  #inboxes(): readonly SavedInbox[] {
    return this.getSnapshot().inboxes ?? []
  }

  #set(change: Partial<ReceivingState>): void {
    this.#state.set({ ...this.getSnapshot(), ...change })
  }
}

/** `count` deliveries came, the last of them number `last`; those in `found` can be read. A share that came before counts once. */
function withDeliveries(
  inbox: SavedInbox,
  found: readonly SavedDelivery[],
  { count, last }: { readonly count: number; readonly last: number },
): SavedInbox {
  // Another tab may have taken them meanwhile.
  if (inbox.seen >= last) return inbox
  const known = new Set(inbox.deliveries.map(({ infoHash }) => infoHash))
  const fresh = found.filter(({ infoHash }) => !known.has(infoHash) && known.add(infoHash))
  return {
    ...inbox,
    deliveries: [...inbox.deliveries, ...fresh],
    seen: last,
    unreadable: inbox.unreadable + count - found.length,
  }
}

const isOver = (reason: unknown): boolean =>
  ['inbox_ended', 'inbox_not_found'].includes(toAppError(reason).code)

const ofTabs = new WeakMap<BrowserTab, Receiving>()

/** The inboxes of one tab: made with the first question, because most pages have none. */
export function receivingOf(tab: BrowserTab): Receiving {
  const known = ofTabs.get(tab) ?? new Receiving(tab)
  ofTabs.set(tab, known)
  return known
}
