/** Peers that act like tabs, all in this process: they announce with offers and answer those they get. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'

const OFFERS = 5
/** Most connections that are opened at once. */
const OPENING_MAX = 100

/** About as long as that of a browser with two candidates: an announce has 4.3 kB, an answer 1 kB. */
const SDP = [
  'v=0',
  ...Array.from({ length: 13 }, (_, at) => `a=${'candidate line of a session '.repeat(2)}${at}`),
  '',
].join('\r\n')

export const randomId = () => randomBytes(20).toString('latin1')

export class Peer {
  readonly id = randomId()
  readonly #socket: WebSocket
  readonly #swarm: string
  readonly #roundTrips: number[] | null
  #replied: (() => void) | undefined
  #announcedAt = 0

  /** `roundTrips` gets the milliseconds from each announce to each of its answers. */
  constructor(url: string, swarm: string, roundTrips: number[] | null) {
    this.#swarm = swarm
    this.#roundTrips = roundTrips
    this.#socket = new WebSocket(url, { perMessageDeflate: false })
    this.#socket.on('message', data => this.#receive(String(data)))
  }

  async opened(): Promise<this> {
    if (this.#socket.readyState !== WebSocket.OPEN) await once(this.#socket, 'open')
    return this
  }

  /** Announces with so many offers; resolves with the tracker's reply. */
  announce(offers = OFFERS, left = 1): Promise<void> {
    const replied = new Promise<void>(resolve => {
      this.#replied = resolve
    })
    this.#announcedAt = performance.now()
    this.#send({
      numwant: offers,
      uploaded: 0,
      downloaded: 0,
      left,
      action: 'announce',
      info_hash: this.#swarm,
      peer_id: this.id,
      offers: Array.from({ length: offers }, () => ({
        offer: { type: 'offer', sdp: SDP },
        offer_id: randomId(),
      })),
    })
    return replied
  }

  close(): void {
    this.#socket.terminate()
  }

  #receive(text: string): void {
    const message = JSON.parse(text)
    if ('offer' in message) {
      this.#send({
        action: 'announce',
        info_hash: this.#swarm,
        peer_id: this.id,
        to_peer_id: message.peer_id,
        answer: { type: 'answer', sdp: SDP },
        offer_id: message.offer_id,
      })
    } else if ('answer' in message) {
      this.#roundTrips?.push(performance.now() - this.#announcedAt)
    } else {
      this.#replied?.()
    }
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message))
  }
}

/** `count` peers in swarms of `size`, connected and announced once without offers. */
export async function openPeers(
  url: string,
  count: number,
  size: number,
  roundTrips: number[] = [],
): Promise<Peer[]> {
  const swarms = Array.from({ length: Math.ceil(count / size) }, randomId)
  const peers: Peer[] = []
  for (let start = 0; start < count; start += OPENING_MAX) {
    const some = Array.from(
      { length: Math.min(OPENING_MAX, count - start) },
      (_, at) => new Peer(url, swarms[Math.floor((start + at) / size)] ?? '', roundTrips),
    )
    for (const peer of some) await (await peer.opened()).announce(0)
    peers.push(...some)
  }
  return peers
}

/** Announces `count` swarms of one peer each over ten connections; returns how to leave them all. */
export async function fillSwarms(url: string, count: number): Promise<() => void> {
  const sockets = Array.from({ length: 10 }, () => new WebSocket(url, { perMessageDeflate: false }))
  const fill = async (socket: WebSocket) => {
    await once(socket, 'open')
    let left = count / sockets.length
    await new Promise<void>(resolve => {
      const announce = () => {
        if (left <= 0) resolve()
        left -= 1
        const ids = { info_hash: randomId(), peer_id: randomId() }
        if (left >= 0) socket.send(JSON.stringify({ action: 'announce', ...ids, left: 1, numwant: 0 }))
      }
      socket.on('message', announce)
      announce()
    })
  }
  await Promise.all(sockets.map(fill))
  return () => {
    for (const socket of sockets) socket.terminate()
  }
}
