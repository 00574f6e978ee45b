import { once } from 'node:events'
import {
  type Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, connect as netConnect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { proxyFor } from './proxies.ts'

/** Redirects in a row that are followed. */
const REDIRECTS_MAX = 10

/** Longest wait for a connection, and then for the answer to the handshake. */
const ANSWER_MAX_MS = 20_000

/**
 * Agent of WebSockets that are opened as `ws` does, which uses no proxy and, unasked, follows no redirect: connects through the proxies of the environment
 * (by CONNECT, also without TLS, because few of them pass an upgrade on), and follows 301, 302, 307 and 308.
 */
export const socketAgent = (): Agent => new SocketAgent(REDIRECTS_MAX) as unknown as Agent

/** A request, as an agent that has no connection for it sees it. */
interface SocketTaker {
  onSocket(socket: null, error: Error): void
}

class SocketAgent {
  readonly #redirects: number

  constructor(redirects: number) {
    this.#redirects = redirects
  }

  /** What Node calls an agent for. */
  addRequest(request: ClientRequest, { port }: RequestOptions): void {
    request.setTimeout(ANSWER_MAX_MS, () => request.destroy(new Error('no answer in time')))
    const host = isIP(request.host) === 6 ? `[${request.host}]` : request.host
    const url = new URL(request.path, `${request.protocol}//${host}:${port}`)
    this.#follow(request, url)
    connect(url).then(
      socket => {
        // Nobody waits for it any more, or its answer was no upgrade.
        socket.once('free', () => socket.destroy())
        request.onSocket(socket)
      },
      // `destroy` would wait for a socket before it says why.
      reason => (request as unknown as SocketTaker).onSocket(null, reason),
    )
  }

  /** Whoever made `request` hears of the last answer only. */
  #follow(request: ClientRequest, url: URL): void {
    const emit = request.emit.bind(request)
    request.emit = (event: string, ...rest: unknown[]) => {
      const next = event === 'response' ? redirectOf(rest[0] as IncomingMessage, url) : null
      if (next === null) return emit(event, ...rest)
      if (this.#redirects === 0) return emit('error', new Error('too many redirects'))
      const { host: _, ...headers } = request.getHeaders()
      // Who it names is who may read it.
      if (next.origin !== url.origin) delete headers['authorization']
      const agent = new SocketAgent(this.#redirects - 1) as unknown as Agent
      const again = (next.protocol === 'https:' ? httpsRequest : httpRequest)(next, { headers, agent })
      for (const event of ['upgrade', 'response', 'error'])
        again.on(event, (...answer: unknown[]) => emit(event, ...answer))
      request.once('abort', () => again.destroy())
      again.end()
      request.destroy()
      return true
    }
  }
}

/** Where `response` to a request of `url` leads; null when nowhere. */
function redirectOf({ headers: { location }, statusCode = 0 }: IncomingMessage, url: URL): URL | null {
  if (![301, 302, 307, 308].includes(statusCode) || location === undefined) return null
  const next = URL.parse(location.replace(/^ws/i, 'http'), url)
  return next && /^https?:$/.test(next.protocol) ? next : null
}

/** A connection to the server of `url` on which a request can be sent. Errors: the system's, those of TLS, `AbortError`. */
async function connect(url: URL): Promise<Socket> {
  const signal = AbortSignal.timeout(ANSWER_MAX_MS)
  const proxy = proxyFor(url, process.env)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  let socket = proxy ? await tunnel(proxy, `${url.hostname}:${port}`, signal) : netConnect(port, host)
  try {
    if (socket.connecting) await once(socket, 'connect', { signal })
    if (url.protocol !== 'https:') return socket
    socket = tlsConnect({ socket, ...(isIP(host) === 0 && { servername: host }) })
    await once(socket, 'secureConnect', { signal })
    return socket
  } catch (reason) {
    socket.destroy()
    throw reason
  }
}

/** A connection to `target` (`host:port`) through `proxy`. Errors: as for `connect`, another status than 200. */
async function tunnel(proxy: URL, target: string, signal: AbortSignal): Promise<Socket> {
  const [name, password] = [proxy.username, proxy.password].map(decodeURIComponent)
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port,
    method: 'CONNECT',
    path: target,
    agent: false,
    headers: {
      host: target,
      ...(name && {
        'proxy-authorization': `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
      }),
    },
  })
  request.end()
  try {
    const [response, socket, head]: [IncomingMessage, Socket, Buffer] = (await once(request, 'connect', {
      signal,
    })) as [IncomingMessage, Socket, Buffer]
    if (response.statusCode === 200) {
      if (head.length > 0) socket.unshift(head)
      return socket
    }
    socket.destroy()
    throw new Error(`the proxy ${proxy.host} answers ${response.statusCode}`)
  } catch (reason) {
    request.destroy()
    throw reason
  }
}
