import { createHmac } from 'node:crypto'
import type { IceConfig } from '../lib/protocol/share.ts'
import type { Config } from './config.ts'

/**
 * ICE servers for one browser. TURN credentials follow coturn's `use-auth-secret`
 * (draft-uberti-behave-turn-rest-00): the user name is the Unix second at which they end.
 */
export function iceConfig(config: Pick<Config, 'iceServers' | 'turn'>, now: Date): IceConfig {
  const { iceServers, turn } = config
  if (turn === undefined) return { iceServers, expiresAt: null }
  const expiry = Math.floor(now.getTime() / 1000) + turn.ttlSeconds
  const username = String(expiry)
  const credential = createHmac('sha1', turn.secret).update(username).digest('base64')
  return {
    iceServers: [...iceServers, { urls: [...turn.urls], username, credential }],
    expiresAt: new Date(expiry * 1000).toISOString(),
  }
}
