import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddr from 'proxy-addr'
import { AppError } from '../../lib/base/errors.ts'
import { addressBytes, clientNetwork, isLoopback } from '../base/address.ts'
import type { Log } from '../base/log.ts'
import { isPublicAddress } from '../base/public-address.ts'
import type { Config } from '../config/config.ts'

const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i

/** The client of a request, and the origin it was sent to: from the connection, or from the headers of trusted proxies. */
export class RequestOrigin {
  readonly #publicUrl: string | undefined
  readonly #trusts: (address: string, hop: number) => boolean

  readonly #log: Log
  #hasWarnedOfProxy = false

  constructor(config: Pick<Config, 'publicUrl' | 'trustedProxies'>, log: Log) {
    this.#publicUrl = config.publicUrl
    this.#log = log
    this.#trusts = proxyAddr.compile([...config.trustedProxies])
  }

  /**
   * Origin (`https://host:port`) under which the request came, for links.
   * Errors: `bad_request` when there is no configured one and the Host header is missing or malformed.
   */
  publicUrl(request: IncomingMessage): string {
    if (this.#publicUrl !== undefined) return this.#publicUrl
    const behindProxy = this.#trusts(request.socket.remoteAddress ?? '', 0)
    const forwarded = (name: string) => (behindProxy ? lastOf(request.headers[name]) : undefined)
    const scheme = forwarded('x-forwarded-proto') === 'https' ? 'https' : 'http'
    const host = forwarded('x-forwarded-host') ?? request.headers.host ?? ''
    const url = HOST.test(host) ? URL.parse(`${scheme}://${host}`) : null
    if (url === null) throw new AppError('bad_request', 'the Host header is not a host')
    return url.origin
  }

  /** Address of the client, or undefined when what a trusted proxy names is not an IP address, or the client has gone. */
  clientAddress(request: IncomingMessage): string | undefined {
    // Of a connection that has ended Node.js knows no address any more.
    const named: string | undefined = proxyAddr(request, this.#trusts)
    const address = named?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
    return isIP(address) === 0 ? undefined : address
  }

  /**
   * The address (`addressBytes`) that limits count a request against: that of the client, or of the proxy where that names
   * none; empty when the client has gone. What a proxy says that `trustedProxies` does not name is ignored; one in a private network is reported once.
   */
  limitedAddress(request: IncomingMessage): string {
    if (!this.#hasWarnedOfProxy && this.#isProxyUnknown(request)) {
      this.#hasWarnedOfProxy = true
      this.#log.warn(PROXY_UNKNOWN)
    }
    return addressBytes(this.clientAddress(request) ?? request.socket.remoteAddress ?? '') ?? ''
  }

  /** The part of `limitedAddress` that limits apply to (`clientNetwork`). */
  network(request: IncomingMessage): string {
    return clientNetwork(this.limitedAddress(request))
  }

  /** Whether the nearest hop is a proxy that `trustedProxies` names. */
  isFromTrustedProxy({ socket }: IncomingMessage): boolean {
    return this.#trusts(socket.remoteAddress ?? '', 0)
  }

  /** Whether the request came through a proxy in a private network that `trustedProxies` does not name. */
  #isProxyUnknown({ headers, socket }: IncomingMessage): boolean {
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
    const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined
    return isForwarded && address !== '' && !this.#trusts(address, 0) && !isPublicAddress(address)
  }

  /** Whether a program on this machine asks by itself, not through a proxy here. */
  isLocal(request: IncomingMessage): boolean {
    const { forwarded, 'x-forwarded-for': forwardedFor } = request.headers
    const isProxy = this.#trusts(request.socket.remoteAddress ?? '', 0)
    const isNamed = forwarded !== undefined || forwardedFor !== undefined
    return isProxy === isNamed && isLoopback(this.limitedAddress(request))
  }

  /** Address at which the client reached this machine, or undefined behind a proxy, which may run on another machine. */
  ownAddress({ socket }: IncomingMessage): string | undefined {
    if (this.#trusts(socket.remoteAddress ?? '', 0)) return undefined
    return socket.localAddress?.replace(/^::ffff:(?=\d+\.)/i, '')
  }
}

const PROXY_UNKNOWN =
  'clients come through a proxy that TABSEED_TRUSTED_PROXIES does not name: its X-Forwarded-For is ignored, and all of them count as one address'

/** The entry written by the nearest proxy; earlier entries may be forged by the client. */
function lastOf(header: string | string[] | undefined): string | undefined {
  const values = Array.isArray(header) ? header.join(',') : header
  return values?.split(',').at(-1)?.trim() || undefined
}
