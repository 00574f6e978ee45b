import { requestJson, request as send } from '../api/client.ts'
import { serverUrl } from '../api/server-url.ts'
import { type AppError, toAppError } from '../base/errors.ts'
import { Watchable } from '../base/watchable.ts'
import {
  ANIMALS,
  COLOURS,
  type Here,
  type NearbyAnswer,
  nearbySchema,
  type Person,
} from '../protocol/nearby.ts'
import { type HandedShare, type Note, newKeys, openNote, publicKeyOf, sealNote } from './sealed-note.ts'

/** Between two looks at who is there. */
const LOOK_MS = 2_000
/** Notes that were read stay with the server for a minute: so many are remembered. */
const READ_MAX = 200

/** A share that somebody hands over, until it is taken or refused. */
export interface Offer {
  readonly id: string
  readonly from: Person
  readonly share: HandedShare
}

/** What became of the share that was handed to somebody last. */
export type Handed = 'sending' | 'sent' | 'taken' | 'refused' | 'failed'

export interface NearbyState {
  /** `away`: the server does not answer; it is asked again. */
  readonly is: 'off' | 'starting' | 'on' | 'away'
  /** This page's own; see `Person`. */
  readonly name: number
  readonly code: string | null
  readonly people: readonly Person[]
  readonly offers: readonly Offer[]
  /** By the id of the person. */
  readonly handed: ReadonlyMap<string, Handed>
  /** Why it ended, or why a code was not taken. */
  readonly error: AppError | null
}

const OFF: NearbyState = {
  is: 'off',
  name: 0,
  code: null,
  people: [],
  offers: [],
  handed: new Map(),
  error: null,
}

interface Running {
  readonly keys: CryptoKeyPair
  readonly publicKey: string
  /** Only the server learns it; others know this page by an id that is computed from it. */
  readonly token: string
  me: string
}

/**
 * A page that can be seen by others of the same network, or by those who entered the same code, and that hands shares over.
 * The server passes notes on that it cannot read; nothing is seen or sent before `start`.
 */
export class Nearby {
  readonly #state = new Watchable<NearbyState>(OFF)
  readonly #read = new Set<string>()
  #running: Running | null = null
  #wantedCode: Here['code'] = null
  #timer: ReturnType<typeof setTimeout> | null = null

  readonly subscribe = this.#state.subscribe
  readonly getSnapshot = this.#state.getSnapshot

  /** From now on this page is seen. */
  async start(): Promise<void> {
    if (this.#running || this.#state.getSnapshot().is === 'starting') return
    this.#change({ ...OFF, is: 'starting', name: Math.floor(Math.random() * COLOURS * ANIMALS) })
    try {
      const keys = await newKeys()
      const token = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte =>
        byte.toString(16).padStart(2, '0'),
      )
      this.#running = { keys, publicKey: await publicKeyOf(keys), token: token.join(''), me: '' }
    } catch (reason) {
      this.#change({ ...OFF, error: toAppError(reason) })
      return
    }
    await this.#look()
  }

  /** From now on this page is not seen any more; also called when it is left. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    const running = this.#running
    this.#running = null
    this.#wantedCode = null
    this.#state.set(OFF)
    if (!running) return
    // A page that is being left may still send this.
    const init = { ...json({ token: running.token }), keepalive: true }
    fetch(serverUrl('/api/nearby/leave'), init).catch(() => undefined)
  }

  /** Be seen by those who enter the same code too; `new`: make one; null: by nobody but the network. */
  async setCode(code: Here['code']): Promise<void> {
    this.#wantedCode = code
    this.#change({ error: null })
    await this.#look()
  }

  /** Hand a share of this browser to somebody who is seen. */
  async hand(person: Person, share: Omit<HandedShare, 'kind'>): Promise<void> {
    this.#noteHanded(person.id, 'sending')
    const isSent = await this.#send(person, { ...share, kind: 'share' })
    this.#noteHanded(person.id, isSent ? 'sent' : 'failed')
  }

  /** Take or refuse what somebody hands over; they are told. */
  async answer({ from, id, share }: Offer, { taken }: { readonly taken: boolean }): Promise<void> {
    this.#change({ offers: this.#state.getSnapshot().offers.filter(offer => offer.id !== id) })
    await this.#send(from, { kind: 'answer', path: share.path, taken })
  }

  async #send(person: Person, note: Note): Promise<boolean> {
    const running = this.#running
    if (!running) return false
    try {
      const sealed = await sealNote(note, running.keys, person, { from: running.me, to: person.id })
      await send('/api/nearby/notes', json({ token: running.token, to: person.id, sealed }))
      return true
    } catch {
      return false
    }
  }

  async #look(): Promise<void> {
    const running = this.#running
    if (!running) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    const { publicKey, token } = running
    const here: Here = { token, name: this.#state.getSnapshot().name, publicKey, code: this.#wantedCode }
    try {
      const found = await requestJson(async () => nearbySchema, '/api/nearby', json(here))
      if (running !== this.#running) return
      running.me = found.me
      // A code that was made stays the same one.
      if (this.#wantedCode === here.code) this.#wantedCode = found.code
      this.#change({ is: 'on', code: found.code, people: found.people })
      await this.#readNotes(running, found.notes)
    } catch (reason) {
      if (running !== this.#running) return
      this.#failed(toAppError(reason))
    }
    if (running !== this.#running) return
    // Two looks may have been on their way.
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), LOOK_MS)
  }

  #failed(error: AppError): void {
    // The code is given up, because with it nobody at all would be seen.
    if (error.code === 'nearby_code_unknown') {
      this.#wantedCode = null
      this.#change({ error })
    } else this.#change({ is: 'away', people: [], error: error.code === 'server_unreachable' ? null : error })
  }

  async #readNotes(running: Running, notes: NearbyAnswer['notes']): Promise<void> {
    for (const { from, id, sealed } of notes) {
      if (this.#read.has(id)) continue
      this.#read.add(id)
      const [oldest] = this.#read
      if (this.#read.size > READ_MAX && oldest !== undefined) this.#read.delete(oldest)
      const note = await openNote(sealed, running.keys, from, { from: from.id, to: running.me })
      if (running !== this.#running) return
      if (note?.kind === 'answer') this.#noteHanded(from.id, note.taken ? 'taken' : 'refused')
      if (note?.kind === 'share')
        this.#change({ offers: [...this.#state.getSnapshot().offers, { id, from, share: note }] })
    }
  }

  #noteHanded(person: string, handed: Handed): void {
    this.#change({ handed: new Map(this.#state.getSnapshot().handed).set(person, handed) })
  }

  #change(change: Partial<NearbyState>): void {
    this.#state.set({ ...this.#state.getSnapshot(), ...change })
  }
}

const json = (body: object) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
