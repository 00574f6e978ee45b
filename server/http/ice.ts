import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import type { IceConfig } from '../../lib/protocol/share.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import { AddressRates } from '../base/address-rates.ts'
import type { Rate } from '../base/rate-limiter.ts'
import type { Config } from '../config/config.ts'
import type { RequestOrigin } from './origin.ts'

type IceSettings = Pick<Config, 'connect' | 'iceServers' | 'turn' | 'webseedUse'>

/**
 * ICE servers for one browser. TURN credentials follow coturn's `use-auth-secret` (draft-uberti-behave-turn-rest-00): the
 * user name is the Unix time, in seconds, at which they expire, and the user. coturn's quotas count by user, so `client`
 * tells clients apart; who it is cannot be read from it.
 */
export function iceConfig(config: IceSettings, now: Date, client: string): IceConfig {
  const { connect, iceServers, turn, webseedUse: webSeedUse } = config
  if (turn === undefined) return { iceServers, expiresAt: null, validFor: null, connect, webSeedUse }
  const expiry = Math.floor(now.getTime() / 1000) + turn.ttlSeconds
  const user = createHmac('sha256', turn.secret).update(`user ${client}`, 'latin1').digest('hex').slice(0, 16)
  const username = `${expiry}:${user}`
  const credential = createHmac('sha1', turn.secret).update(username).digest('base64')
  return {
    iceServers: [...iceServers, { urls: [...turn.urls], username, credential }],
    expiresAt: new Date(expiry * 1000).toISOString(),
    validFor: turn.ttlSeconds,
    connect,
    webSeedUse,
  }
}

/** Requests of one address: a page makes one, and another when its credentials expire. */
const ASKS: Rate = { burst: 120, everyMs: 2_000 }

interface IceAnswers {
  readonly config: IceSettings & Pick<Config, 'limits'>
  readonly origin: RequestOrigin
  /** Whether a share is published here, and not blocked. */
  readonly isLive: (infoHash: InfoHash) => Promise<boolean>
}

/**
 * `GET /api/ice?share=<info hash>`. A relay costs its operator: a page of another origin gets its credentials only for a
 * share of this server, which it embeds. Errors: `too_many_requests`.
 */
export function answerIce({ config, isLive, origin }: IceAnswers) {
  const asks = new AddressRates(ASKS)
  return async (request: IncomingMessage, query: string): Promise<IceConfig> => {
    const network = origin.network(request)
    if (config.limits && !asks.take(network)) throw new AppError('too_many_requests')
    const from = request.headers.origin
    const infoHash = parseInfoHash(new URLSearchParams(query).get('share') ?? '')
    const mayRelay =
      from === undefined ||
      from === origin.publicUrl(request) ||
      (infoHash !== null && (await isLive(infoHash)))
    return iceConfig(mayRelay ? config : { ...config, turn: undefined }, new Date(), network)
  }
}
