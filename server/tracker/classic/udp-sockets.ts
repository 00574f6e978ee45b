import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** How often addresses that this machine got or lost are looked up. */
const REFRESH_MS = 10_000

/** Linux answers at all of 127.0.0.0/8, of which its interfaces name one; these are in use, 127.0.1.1 in Debian's `hosts`. */
const FURTHER_LOOPBACK = ['127.0.1.1', ...Array.from({ length: 8 }, (_, at) => `127.0.0.${at + 2}`)]

interface Handlers {
  /** `socket` received the packet: an answer from it comes from the address that was asked. */
  readonly onMessage: (packet: Buffer, from: RemoteInfo, socket: Socket) => void
  readonly onError: (error: unknown) => void
}

/**
 * The sockets of one UDP port. A socket at a wildcard address does not say which address a packet came to, and answers from
 * the one that the system chooses, which the client, or a router between, takes for somebody else's. So each local address has
 * a socket of its own; the one at the wildcard address is left with addresses that no interface names.
 */
export class UdpSockets {
  readonly #port: number
  readonly #host: string
  readonly #handlers: Handlers
  readonly #sockets = new Map<string, Socket>()
  #timer: NodeJS.Timeout | null = null
  #isClosed = false

  private constructor(port: number, host: string, handlers: Handlers) {
    this.#port = port
    this.#host = host
    this.#handlers = handlers
  }

  /** Listens at `host` (`0.0.0.0`, or `::`, which takes IPv4 too: at every address); rejects when the port is in use. */
  static async listen(port: number, host: string, handlers: Handlers): Promise<UdpSockets> {
    const sockets = new UdpSockets(port, host, handlers)
    const isWildcard = host === '0.0.0.0' || host === '::'
    // Sockets that share a port would also share that of another server: this one finds it.
    const first = await bound(port, host, { reuseAddr: false })
    if (!isWildcard) {
      sockets.#add(host, first)
      return sockets
    }
    first.close()
    await once(first, 'close')
    sockets.#add(host, await bound(port, host, { reuseAddr: true }))
    await sockets.#refresh()
    sockets.#timer = setInterval(() => sockets.#refresh().catch(handlers.onError), REFRESH_MS)
    return sockets
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  async #refresh(): Promise<void> {
    const present = new Set(this.#localAddresses())
    for (const [address, socket] of this.#sockets) {
      if (address === this.#host || present.has(address)) continue
      this.#sockets.delete(address)
      socket.close()
    }
    for (const address of present) {
      if (this.#sockets.has(address)) continue
      // An address may be gone again, or not be ready yet: the next look tries again.
      const socket = await bound(this.#port, address, { reuseAddr: true }).catch(() => null)
      if (this.#isClosed) socket?.close()
      else if (socket) this.#add(address, socket)
    }
  }

  #localAddresses(): string[] {
    const found = Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
      addresses.map(({ address, family, scopeid }) =>
        family === 'IPv6' && scopeid !== undefined && scopeid !== 0 ? `${address}%${name}` : address,
      ),
    )
    const further = process.platform === 'linux' ? FURTHER_LOOPBACK : []
    return [...found, ...further].filter(address => this.#host === '::' || !isIPv6(address))
  }

  #add(address: string, socket: Socket): void {
    const { onError, onMessage } = this.#handlers
    this.#sockets.set(address, socket)
    socket.on('message', (packet, from) => onMessage(packet, from, socket))
    socket.on('error', onError)
  }
}

async function bound(port: number, host: string, { reuseAddr }: { reuseAddr: boolean }): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', reuseAddr })
  socket.bind(port, host)
  try {
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    throw error
  }
  return socket
}
