import { createHmac } from 'node:crypto'
import type { IceConfig } from '../lib/protocol/share.ts'
import type { Config } from './config/config.ts'

/**
 * ICE servers for one browser. TURN credentials follow coturn's `use-auth-secret`
 * (draft-uberti-behave-turn-rest-00): the user name is the Unix second at which they end.
 */
export function iceConfig(config: Pick<Config, 'connect' | 'iceServers' | 'turn'>, now: Date): IceConfig {
  const { connect, iceServers, turn } = config
  if (turn === undefined) return { iceServers, expiresAt: null, validFor: null, connect }
  const expiry = Math.floor(now.getTime() / 1000) + turn.ttlSeconds
  const username = String(expiry)
  const credential = createHmac('sha1', turn.secret).update(username).digest('base64')
  return {
    iceServers: [...iceServers, { urls: [...turn.urls], username, credential }],
    expiresAt: new Date(expiry * 1000).toISOString(),
    validFor: turn.ttlSeconds,
    connect,
  }
}
