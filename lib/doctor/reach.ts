import type SimplePeer from 'simple-peer/simplepeer.min.js'
import { fetchIce } from '../api/client.ts'
import { readConnectMode, stricter } from '../network/connect-mode.ts'
import { iceServersOf } from '../network/ice.ts'
import { NOT_TRACKED } from '../protocol/announce.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { type Finding, fail, pass, skip } from './finding.ts'

/** Number of peers to call; the first that answers is enough. */
const CALLS = 3
/** As long as our own engine waits for candidates. */
const GATHER_MS = 1_000
const REACH_MS = 15_000
/** Length of an id; in the tracker's JSON each byte is one UTF-16 unit. */
const ID_BYTES = 20

interface TrackerMessage {
  readonly 'failure reason'?: string
  readonly complete?: number
  readonly incomplete?: number
  readonly answer?: RTCSessionDescriptionInit
  readonly offer_id?: string
}

/**
 * Call peers of a share as a download would, through the tracker at `tracker` and with the ICE servers of this server, and
 * measure how long the first takes to connect. Fetches nothing. Rejects when the tracker does not answer.
 */
export async function reachPeer(infoHash: InfoHash, tracker: string): Promise<Finding> {
  const ice = await fetchIce()
  const mode = stricter(ice.connect, readConnectMode())
  if (mode === 'server') return skip('noPeersWanted')
  const config: RTCConfiguration = {
    iceServers: iceServersOf(ice),
    iceTransportPolicy: mode === 'relay' ? 'relay' : 'all',
  }
  const { default: Peer } = await import('simple-peer/simplepeer.min.js')
  const from = performance.now()
  const calls = new Map<string, SimplePeer>()
  const socket = new WebSocket(tracker)
  try {
    return await new Promise<Finding>((resolve, reject) => {
      let peerCount: number | null = null
      setTimeout(() => {
        if (peerCount === null) reject(new Error('the tracker does not answer'))
        else resolve(fail('peerUnreached', { values: { count: peerCount } }))
      }, REACH_MS)
      const ids = { info_hash: binary(infoHash), peer_id: randomId() }
      const call = (): Promise<object> => {
        const peer = new Peer({ initiator: true, trickle: false, config, iceCompleteTimeout: GATHER_MS })
        const offer_id = randomId()
        calls.set(offer_id, peer)
        // A call that fails is one without an answer: another may get one.
        peer.on('error', () => {})
        peer.on('connect', () =>
          resolve(pass('peerReached', { values: { milliseconds: Math.round(performance.now() - from) } })),
        )
        return new Promise(made => peer.on('signal', offer => made({ offer, offer_id })))
      }
      socket.onclose = () => reject(new Error('the tracker closed the connection'))
      socket.onopen = async () => {
        const offers = await Promise.all(Array.from({ length: CALLS }, call))
        const counts = { uploaded: 0, downloaded: 0, left: 1 }
        socket.send(
          JSON.stringify({ action: 'announce', ...ids, ...counts, event: 'started', numwant: CALLS, offers }),
        )
      }
      socket.onmessage = ({ data }) => {
        const message: TrackerMessage = JSON.parse(data)
        const { answer, complete = 0, incomplete = 0, offer_id } = message
        const failure = message['failure reason']
        if (failure === NOT_TRACKED) resolve(skip('shareGone'))
        else if (failure !== undefined) reject(new Error(failure))
        else if (answer !== undefined) calls.get(offer_id ?? '')?.signal(answer)
        else if (message.complete !== undefined) {
          // Without this page.
          peerCount = complete + incomplete - 1
          if (peerCount <= 0) resolve(skip('nobodyThere'))
        }
      }
    })
  } finally {
    socket.onclose = null
    socket.close()
    for (const peer of calls.values()) peer.destroy()
  }
}

const latin1 = (bytes: Iterable<number>) => String.fromCharCode(...bytes)
const binary = (infoHash: InfoHash) =>
  latin1(infoHash.match(/../g)?.map(byte => Number.parseInt(byte, 16)) ?? [])
const randomId = () => latin1(crypto.getRandomValues(new Uint8Array(ID_BYTES)))
