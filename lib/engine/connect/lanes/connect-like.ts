import { withoutRelay } from '../../../network/ice.ts'

/**
 * A further connection to the peer of `first`: with its settings, by the newest TURN credentials; `byRelay` where the first one
 * goes through a TURN server, and only there. Errors: those of a browser that makes no more connections.
 */
export function connectLike(
  first: RTCPeerConnection,
  { iceServers = [] }: RTCConfiguration,
  { byRelay }: { readonly byRelay: boolean },
): RTCPeerConnection {
  // In Node it is no global.
  const Constructor = first.constructor as new (settings: RTCConfiguration) => RTCPeerConnection
  const settings = first.getConfiguration()
  const usesRelay = byRelay || settings.iceTransportPolicy === 'relay'
  return new Constructor({ ...settings, iceServers: usesRelay ? [...iceServers] : withoutRelay(iceServers) })
}
