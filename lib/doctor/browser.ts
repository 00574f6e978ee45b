import { fetchDoctor, fetchIce } from '../api/client.ts'
import { serverUrl } from '../api/server-url.ts'
import { activeWorker } from '../browser/service-worker.ts'
import { getSession } from '../browser/session/session.ts'
import { iceServersOf } from '../network/ice.ts'
import { missingCapability } from '../network/network.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { type CheckName, type Finding, fail, pass, skip } from './finding.ts'
import { checkIce, checkLoopback } from './ice-checks.ts'
import { reachPeer } from './reach.ts'
import { checkStorage } from './storage-check.ts'

const ANSWER_MS = 5_000
/** Credentials for TURN end by the clock. */
const CLOCK_OFF_MAX_MS = 30_000

/**
 * Look at everything this browser needs, and tell each finding as soon as it stands; resolves when all do. `share` is the one
 * that did not connect, `tried` how many of its peers could not be reached. Never rejects.
 */
export async function examineBrowser(
  share: { readonly infoHash: InfoHash; readonly tried: number } | null,
  tell: (name: CheckName, finding: Finding) => void,
): Promise<void> {
  const look = async (name: CheckName, check: () => Promise<Finding> | Finding, cause: string) => {
    tell(
      name,
      await Promise.resolve()
        .then(check)
        .catch(() => fail(cause)),
    )
  }
  const missing = missingCapability()
  tell('secure-context', missing === 'insecure_context' ? fail('insecure') : pass('secure'))
  const webrtc = typeof RTCPeerConnection !== 'undefined'
  tell('webrtc', webrtc ? pass('webrtc') : fail('webrtcMissing'))
  await Promise.all([
    webrtc ? look('loopback', checkLoopback, 'loopbackFailed') : tell('loopback', skip('needsWebrtc')),
    examineIce(webrtc, tell),
    look('tracker', checkTracker, 'trackerClosed'),
    examineServer(tell),
    look('clock', checkClock, 'serverSilent'),
    look('storage', checkStorage, 'storageMissing'),
    look('service-worker', checkWorker, 'workerMissing'),
    look('peer', () => checkPeer(share), 'peerUnknown'),
  ])
}

async function examineIce(webrtc: boolean, tell: (name: CheckName, finding: Finding) => void): Promise<void> {
  const names = ['candidates', 'stun', 'nat', 'turn'] as const
  try {
    const found = webrtc ? await checkIce(iceServersOf(await fetchIce())) : null
    for (const name of names) tell(name, found?.[name] ?? skip('needsWebrtc'))
  } catch {
    for (const name of names) tell(name, fail('serverSilent'))
  }
}

async function checkTracker(): Promise<Finding> {
  const from = performance.now()
  const socket = new WebSocket(trackerUrl())
  try {
    return await new Promise<Finding>(resolve => {
      setTimeout(() => resolve(fail('trackerSilent')), ANSWER_MS)
      // Nobody's share: the answer counts, not what it says.
      socket.onopen = () => socket.send(JSON.stringify({ action: 'scrape', info_hash: ['\0'.repeat(20)] }))
      socket.onmessage = () =>
        resolve(pass('tracker', { values: { milliseconds: Math.round(performance.now() - from) } }))
      socket.onclose = () => resolve(fail('trackerClosed'))
    })
  } finally {
    socket.onclose = null
    socket.close()
  }
}

async function examineServer(tell: (name: CheckName, finding: Finding) => void): Promise<void> {
  try {
    const { proxy, publicUrl } = await fetchDoctor()
    const own = new URL(serverUrl('/'), location.href).origin
    const names = { own, server: publicUrl }
    tell(
      'public-url',
      publicUrl === own ? pass('publicUrl', { values: names }) : fail('publicUrlOther', { values: names }),
    )
    tell(
      'client-address',
      proxy === 'unknown' ? fail('proxyUnknown') : pass(proxy === 'none' ? 'noProxy' : 'proxy'),
    )
  } catch {
    tell('public-url', fail('serverSilent'))
    tell('client-address', fail('serverSilent'))
  }
}

async function checkClock(): Promise<Finding> {
  const response = await fetch(serverUrl('/healthz'), {
    cache: 'no-store',
    signal: AbortSignal.timeout(ANSWER_MS),
  })
  const off = Date.now() - Date.parse(response.headers.get('date') ?? '')
  if (Number.isNaN(off)) return skip('clockUnknown')
  const values = { seconds: Math.round(Math.abs(off) / 1000) }
  return Math.abs(off) <= CLOCK_OFF_MAX_MS ? pass('clock') : fail('clockOff', { values })
}

const checkWorker = async (): Promise<Finding> =>
  (await activeWorker()) ? pass('worker') : fail('workerMissing')

/** The page of the share may be open in this tab, whose connections are seen here too; else its peers are called. */
async function checkPeer(
  share: { readonly infoHash: InfoHash; readonly tried: number } | null,
): Promise<Finding> {
  if (!share) return skip('noShare')
  const swarm = getSession().getSwarm(share.infoHash)
  if (swarm && swarm.peers.length > 0) return pass('peer', { values: { count: swarm.peers.length } })
  const finding = await reachPeer(share.infoHash, trackerUrl())
  const tried = swarm?.unreached || share.tried
  // Who could not be reached then may have left since.
  return finding.result === 'skip' && tried > 0
    ? fail('peerUnreached', { values: { count: tried } })
    : finding
}

function trackerUrl(): URL {
  const url = new URL(serverUrl('/announce'), location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url
}
