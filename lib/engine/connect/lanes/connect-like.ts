import { AppError } from '../../../base/errors.ts'
import { withoutRelay } from '../../../network/ice.ts'
import type { Connection } from '../../webtorrent-types.ts'
import type { Route } from '../peer-connections.ts'

/**
 * A further connection to the peer of `first`: with its settings, by the newest TURN credentials; through a TURN server only
 * where the first one goes through one. Errors: those of a browser that makes no more connections.
 */
export function connectLike(
  { _pc: first }: Pick<Connection, '_pc'>,
  { iceServers = [] }: RTCConfiguration,
  route: Route,
): RTCPeerConnection {
  if (!first) throw new AppError('internal', 'the first connection is closed')
  // In Node it is no global.
  const Constructor = first.constructor as new (settings: RTCConfiguration) => RTCPeerConnection
  const settings = first.getConfiguration()
  const byRelay = route === 'relay' || settings.iceTransportPolicy === 'relay'
  return new Constructor({ ...settings, iceServers: byRelay ? [...iceServers] : withoutRelay(iceServers) })
}
