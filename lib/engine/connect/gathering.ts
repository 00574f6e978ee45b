import { setBackgroundTimeout } from '../../base/timer.ts'
import { hasRelay } from '../../network/ice.ts'

/** Longest wait after the first candidate: some servers do not answer. */
const MAX_MS = 1_000
/** The same after a failed connection: a TURN server may be far away. */
const PATIENT_MAX_MS = 3_000
/** Longest wait while there is no candidate at all, as with relay only when no TURN server answers. */
const NOTHING_MAX_MS = 4_000
/** Further wait once there is a candidate of each type; without servers to ask, all of them come together. */
const MORE_MS = 100
const MORE_HOSTS_MS = 20

/**
 * Resolves once `connection` has the ICE candidates (RFC 8445) that are worth waiting for: a description that carries all of
 * them takes one message, and those of a server that does not answer would keep it for many seconds. `patient`: after a
 * failed connection. Call before the local description is set.
 */
export function gathered(
  connection: RTCPeerConnection,
  { iceServers = [], iceTransportPolicy }: RTCConfiguration,
  { patient }: { readonly patient: boolean },
): Promise<void> {
  const first = iceServers.length === 0 ? 'host' : 'srflx'
  const missing = new Set<string>(iceTransportPolicy === 'relay' ? ['relay'] : [first])
  if (hasRelay(iceServers)) missing.add('relay')
  return new Promise(resolve => {
    const limits: ReturnType<typeof setTimeout>[] = []
    const end = () => {
      for (const limit of limits) clearTimeout(limit)
      connection.removeEventListener('icecandidate', onCandidate)
      connection.removeEventListener('icegatheringstatechange', onState)
      resolve()
    }
    const endIn = (milliseconds: number) => limits.push(setBackgroundTimeout(end, milliseconds))
    const onCandidate = ({ candidate }: RTCPeerConnectionIceEvent) => {
      if (!candidate) {
        end()
        return
      }
      if (limits.length === 1) endIn(patient ? PATIENT_MAX_MS : MAX_MS)
      const type = / typ (\w+)/.exec(candidate.candidate)?.[1]
      // More of the same type add little.
      if (type !== undefined && missing.delete(type) && missing.size === 0) {
        endIn(iceServers.length > 0 ? MORE_MS : MORE_HOSTS_MS)
      }
    }
    // Node's WebRTC says the end by its state only, not by a null candidate.
    const onState = () => {
      if (connection.iceGatheringState === 'complete') end()
    }
    connection.addEventListener('icecandidate', onCandidate)
    connection.addEventListener('icegatheringstatechange', onState)
    endIn(NOTHING_MAX_MS)
  })
}
