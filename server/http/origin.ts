import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddr from 'proxy-addr'
import { AppError } from '../../lib/base/errors.ts'
import { isPublicAddress } from '../base/public-address.ts'
import type { Config } from '../config/config.ts'

const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i

/** Who asks, and under which name: from the connection, or from the headers of proxies the operator trusts. */
export class RequestOrigin {
  readonly #publicUrl: string | undefined
  readonly #trusts: (address: string, hop: number) => boolean

  constructor(config: Pick<Config, 'publicUrl' | 'trustedProxies'>) {
    this.#publicUrl = config.publicUrl
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

  /** Address of the client, or undefined when a trusted proxy names something else than an address. */
  clientAddress(request: IncomingMessage): string | undefined {
    const address = proxyAddr(request, this.#trusts).replace(/^::ffff:(?=\d+\.)/i, '')
    return isIP(address) === 0 ? undefined : address
  }

  /**
   * Whether a proxy in a private network brought the request that `trustedProxies` does not name, so that the address of
   * its client is not known.
   */
  isProxyUnknown({ headers, socket }: IncomingMessage): boolean {
    const address = socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
    const isForwarded = headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined
    return isForwarded && !this.#trusts(address, 0) && !isPublicAddress(address)
  }

  /** Address at which the client reached this machine, or undefined behind a proxy, which may be elsewhere. */
  ownAddress({ socket }: IncomingMessage): string | undefined {
    if (this.#trusts(socket.remoteAddress ?? '', 0)) return undefined
    return socket.localAddress?.replace(/^::ffff:(?=\d+\.)/i, '')
  }
}

/** The entry the nearest proxy wrote; those before it may be the client's own. */
function lastOf(header: string | string[] | undefined): string | undefined {
  const values = Array.isArray(header) ? header.join(',') : header
  return values?.split(',').at(-1)?.trim() || undefined
}
