/** The pair of candidates that a connection uses (W3C webrtc-stats, RTCTransportStats and RTCIceCandidatePairStats). */
export interface CandidatePair {
  /** `host`, `srflx`, `prflx` or `relay`, of this side and of the peer. */
  readonly types: readonly unknown[]
  /** Milliseconds; null where it is not known (yet). */
  readonly roundTripMs: number | null
}

/** Errors: those of a connection that is closing. */
export async function readCandidatePair(connection: RTCPeerConnection): Promise<CandidatePair> {
  const byId = new Map<string, Record<string, unknown>>()
  for (const [id, entry] of (await connection.getStats()).entries()) byId.set(id, entry)
  const transport = [...byId.values()].find(({ type }) => type === 'transport')
  const chosen = byId.get(String(transport?.['selectedCandidatePairId']))
  const pair = chosen ?? [...byId.values()].find(entry => entry['selected'] || entry['nominated'])
  const ends = ['localCandidateId', 'remoteCandidateId'].map(key => byId.get(String(pair?.[key])))
  return { types: ends.map(candidate => candidate?.['candidateType']), roundTripMs: roundTripOf(pair ?? {}) }
}

/**
 * Browsers give the last round trip in seconds, 0 before the first; Node's WebRTC, which counts no responses, a mean in whole
 * milliseconds, -1 before the first.
 */
function roundTripOf(pair: Record<string, unknown>): number | null {
  const { currentRoundTripTime: last, responsesReceived } = pair
  if (typeof last !== 'number') return null
  if (responsesReceived === undefined) return last >= 0 ? last : null
  return last > 0 ? 1000 * last : null
}
