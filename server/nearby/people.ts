import { createHash, randomInt, randomUUID } from 'node:crypto'
import { AppError } from '../../lib/base/errors.ts'
import type { Here, NearbyAnswer } from '../../lib/protocol/nearby.ts'

/** Milliseconds after which somebody who said nothing is gone, and a note. */
const PERSON_LIFE_MS = 30_000
const NOTE_LIFE_MS = 60_000
/** Most people who see each other, people of the server, and notes for one of them. */
const ROOM_MAX = 50
const PEOPLE_MAX = 10_000
const NOTES_MAX = 20
const CODES = 1_000_000
/** How often everybody is looked at for who is gone. */
const SWEEP_MS = 10_000

interface Note {
  readonly id: string
  readonly from: Someone
  readonly sealed: string
  readonly at: number
}

interface Someone {
  readonly id: string
  name: number
  publicKey: string
  seenAt: number
  network: string
  code: string | null
  notes: Note[]
}

/** Who is open to be seen by others of the same network, or by those who have entered the same code. In memory only. */
export class NearbyPeople {
  readonly #now: () => number
  readonly #people = new Map<string, Someone>()
  /** By network and by code. */
  readonly #rooms = new Map<string, Set<Someone>>()
  #sweptAt = 0

  /** `now`: milliseconds of a monotonic clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Somebody of `network` is there, as every few seconds. Errors: `nearby_code_unknown`, `nearby_full`. */
  here({ code, name, publicKey, token }: Here, network: string): NearbyAnswer {
    const now = this.#now()
    this.#sweep(now)
    const id = idOf(token)
    const known = this.#people.get(id)
    if (!known && this.#people.size >= PEOPLE_MAX) throw new AppError('nearby_full')
    const entered = this.#codeOf(code, known)
    const someone = known ?? { id, name, publicKey, seenAt: now, network, code: entered, notes: [] }
    const rooms = [networkRoom(network), ...(entered === null ? [] : [codeRoom(entered)])]
    for (const room of rooms) {
      const there = this.#rooms.get(room)
      if (there && !there.has(someone) && there.size >= ROOM_MAX) throw new AppError('nearby_full')
    }
    if (known) this.#leaveRooms(known)
    Object.assign(someone, { name, publicKey, seenAt: now, network, code: entered })
    someone.notes = someone.notes.filter(note => now - note.at < NOTE_LIFE_MS)
    this.#people.set(id, someone)
    for (const room of rooms)
      this.#rooms.set(room, (this.#rooms.get(room) ?? new Set<Someone>()).add(someone))
    return {
      me: id,
      code: entered,
      people: this.#seenBy(someone).map(publicPart),
      notes: someone.notes.map(({ from, id: noteId, sealed }) => ({
        id: noteId,
        from: publicPart(from),
        sealed,
      })),
    }
  }

  /** Keeps a note for `to` until they ask the next times. Errors: `nearby_gone` (they are not seen by the sender, or the sender is not there). */
  note({
    sealed,
    to,
    token,
  }: {
    readonly token: string
    readonly to: string
    readonly sealed: string
  }): void {
    const now = this.#now()
    this.#sweep(now)
    const from = this.#people.get(idOf(token))
    const receiver = from && this.#seenBy(from).find(({ id }) => id === to)
    if (!from || !receiver) throw new AppError('nearby_gone')
    if (receiver.notes.length >= NOTES_MAX) throw new AppError('nearby_full')
    receiver.notes.push({ id: randomUUID(), from: { ...from, notes: [] }, sealed, at: now })
  }

  leave(token: string): void {
    this.#remove(this.#people.get(idOf(token)))
  }

  /** The code that somebody has from now on. */
  #codeOf(wanted: Here['code'], known: Someone | undefined): string | null {
    if (wanted === 'new') return known?.code ?? this.#newCode()
    if (wanted !== null && !this.#rooms.has(codeRoom(wanted))) throw new AppError('nearby_code_unknown')
    return wanted
  }

  #newCode(): string {
    // There are a hundred times as many as people.
    for (;;) {
      const code = String(randomInt(CODES)).padStart(6, '0')
      if (!this.#rooms.has(codeRoom(code))) return code
    }
  }

  #seenBy(someone: Someone): readonly Someone[] {
    const rooms = [networkRoom(someone.network), ...(someone.code === null ? [] : [codeRoom(someone.code)])]
    const seen = new Set(rooms.flatMap(room => [...(this.#rooms.get(room) ?? [])]))
    seen.delete(someone)
    return [...seen]
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < SWEEP_MS) return
    this.#sweptAt = now
    for (const someone of [...this.#people.values()]) {
      if (now - someone.seenAt > PERSON_LIFE_MS) this.#remove(someone)
    }
  }

  #remove(someone: Someone | undefined): void {
    if (!someone) return
    this.#people.delete(someone.id)
    this.#leaveRooms(someone)
  }

  #leaveRooms(someone: Someone): void {
    for (const room of [networkRoom(someone.network), someone.code === null ? '' : codeRoom(someone.code)]) {
      const there = this.#rooms.get(room)
      there?.delete(someone)
      if (there?.size === 0) this.#rooms.delete(room)
    }
  }
}

const networkRoom = (network: string): string => `network ${network}`
const codeRoom = (code: string): string => `code ${code}`

const publicPart = ({ id, name, publicKey }: Someone) => ({ id, name, publicKey })

/** Nobody can take the place of somebody whose id they see. */
const idOf = (token: string): string => createHash('sha256').update(token).digest('hex').slice(0, 32)
