import { Watchable } from '../../base/watchable.ts'
import type { PeerSnapshot, SwarmSnapshot } from '../../engine/view/snapshot.ts'
import type { InfoHash, PeerId } from '../../torrent/ids.ts'

/** Somebody who takes a publication, or took all of it. Times in milliseconds of Unix time. */
export interface Person extends PeerSnapshot {
  /** When they had everything, if they got it while this tab looked on. */
  readonly doneAt: number | null
  /** When they left, with everything; null: they are here. */
  readonly leftAt: number | null
  /** It is the server's seeder, which is nobody. */
  readonly isServer: boolean
}

/** What is needed of a tab's session. */
interface Swarms {
  getSnapshot(): readonly SwarmSnapshot[]
  subscribe(listener: () => void): () => void
}

/** Most people who left that are remembered of each share, the latest. */
const LEFT_MAX = 100

const NOBODY: readonly Person[] = []

/**
 * Who takes the publications of a browser: those who got everything stay in the list when they leave. Others who leave are
 * forgotten: they come again under another peer id.
 */
export class People {
  readonly #swarms: Swarms
  readonly #servers = new Set<PeerId>()
  readonly #people = new Watchable<ReadonlyMap<InfoHash, readonly Person[]>>(new Map())
  readonly #now: () => number

  /** Looks on for as long as the tab lives. `now` in milliseconds of Unix time. */
  constructor(swarms: Swarms, now = Date.now) {
    this.#swarms = swarms
    this.#now = now
    swarms.subscribe(() => this.#look())
    this.#look()
  }

  readonly subscribe = this.#people.subscribe

  /** In the order in which they came; the same list until something changes. */
  of(infoHash: InfoHash): readonly Person[] {
    return this.#people.getSnapshot().get(infoHash) ?? NOBODY
  }

  /** `id` is the server's, whenever it comes and also after it has left: one that left with everything is forgotten. */
  noteServer(id: PeerId): void {
    if (this.#servers.has(id)) return
    this.#servers.add(id)
    this.#look()
  }

  #look(): void {
    const publications = this.#swarms.getSnapshot().filter(({ role }) => role === 'publisher')
    const before = this.#people.getSnapshot()
    const next = new Map(publications.map(swarm => [swarm.infoHash, this.#next(swarm)]))
    const isSame =
      next.size === before.size && [...next].every(([infoHash, people]) => before.get(infoHash) === people)
    if (!isSame) this.#people.set(next)
  }

  #next({ infoHash, peers }: SwarmSnapshot): readonly Person[] {
    const known = this.of(infoHash)
    const here = new Map(peers.map(peer => [peer.id, peer]))
    const now = this.#now()
    const stayed = known.flatMap(person => {
      const peer = here.get(person.id)
      if (peer) return followed(person, peer, now)
      if (person.doneAt === null) return []
      return person.leftAt === null ? { ...person, ...GONE, leftAt: now } : person
    })
    const ids = new Set<PeerId>(known.map(({ id }) => id))
    const came = peers
      .filter(({ id }) => !ids.has(id))
      .map(peer => ({ ...peer, doneAt: null, leftAt: null, isServer: false }))
    const marked = [...stayed, ...came].map(person =>
      person.isServer === this.#servers.has(person.id) ? person : { ...person, isServer: !person.isServer },
    )
    const left = marked.filter(({ leftAt }) => leftAt !== null).slice(0, -LEFT_MAX)
    const next = marked.filter(
      person => !left.includes(person) && !(person.isServer && person.leftAt !== null),
    )
    const isSame = next.length === known.length && next.every((person, at) => person === known[at])
    return isSame ? known : next
  }
}

const GONE = { downloadRate: 0, uploadRate: 0 }

function followed(person: Person, peer: PeerSnapshot, now: number): Person {
  // Who has everything from the start came to give. What they have is known a moment after they come.
  const took = person.progress > 0 || peer.uploaded > 0
  const isDone = peer.progress === 1 && person.progress < 1 && took
  const doneAt = person.doneAt ?? (isDone ? now : null)
  const isSame = peerFields.every(field => person[field] === peer[field])
  return isSame && person.doneAt === doneAt && person.leftAt === null
    ? person
    : { ...peer, doneAt, leftAt: null, isServer: person.isServer }
}

const peerFields = [
  'client',
  'via',
  'progress',
  'downloadRate',
  'uploadRate',
  'downloaded',
  'uploaded',
] as const

const ofTabs = new WeakMap<Swarms, People>()

/** The people of one tab: made with the first question, because most pages have no publisher. */
export function peopleOf(session: Swarms): People {
  const known = ofTabs.get(session) ?? new People(session)
  ofTabs.set(session, known)
  return known
}
