import { fetchDoctor, fetchIce } from '../api/client.ts'
import { serverUrl } from '../api/server-url.ts'
import { webSocketUrl } from '../base/web-socket-url.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { activeWorker } from '../browser/service-worker.ts'
import { iceServersOf } from '../network/ice.ts'
import { missingCapability } from '../network/network.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { type CheckName, type Finding, fail, pass, skip } from './finding.ts'
import { checkIce, checkLoopback } from './ice-checks.ts'
import { reachPeer } from './reach.ts'
import { checkStorage } from './storage-check.ts'

const ANSWER_MS = 5_000
/** TURN credentials expire by the clock. */
const CLOCK_OFF_MAX_MS = 30_000

/**
 * Check everything this browser needs; `report` is called with each finding as soon as it is known. Resolves after the
 * last one, never rejects. `share` is the one that did not connect, `tried` how many of its peers could not be reached.
 */
export async function examineBrowser(
  tab: BrowserTab,
  share: { readonly infoHash: InfoHash; readonly tried: number } | null,
  report: (name: CheckName, finding: Finding) => void,
): Promise<void> {
  const run = async (name: CheckName, check: () => Promise<Finding> | Finding, cause: string) => {
    report(
      name,
      await Promise.resolve()
        .then(check)
        .catch(() => fail(cause)),
    )
  }
  const missing = missingCapability()
  report('secure-context', missing === 'insecure_context' ? fail('insecure') : pass('secure'))
  const webrtc = typeof RTCPeerConnection !== 'undefined'
  report('webrtc', webrtc ? pass('webrtc') : fail('webrtcMissing'))
  await Promise.all([
    webrtc ? run('loopback', checkLoopback, 'loopbackFailed') : report('loopback', skip('needsWebrtc')),
    examineIce(webrtc, report),
    run('tracker', checkTracker, 'trackerClosed'),
    examineServer(report),
    run('clock', checkClock, 'serverSilent'),
    run('storage', checkStorage, 'storageMissing'),
    run('service-worker', checkWorker, 'workerMissing'),
    run('peer', () => checkPeer(tab, share), 'peerUnknown'),
  ])
}

async function examineIce(
  webrtc: boolean,
  report: (name: CheckName, finding: Finding) => void,
): Promise<void> {
  const names = ['candidates', 'stun', 'nat', 'turn'] as const
  try {
    const found = webrtc ? await checkIce(iceServersOf(await fetchIce())) : null
    for (const name of names) report(name, found?.[name] ?? skip('needsWebrtc'))
  } catch {
    for (const name of names) report(name, fail('serverSilent'))
  }
}

async function checkTracker(): Promise<Finding> {
  const from = performance.now()
  const socket = new WebSocket(trackerUrl())
  try {
    return await new Promise<Finding>(resolve => {
      setTimeout(() => resolve(fail('trackerSilent')), ANSWER_MS)
      // No share has this info hash: any answer will do.
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

async function examineServer(report: (name: CheckName, finding: Finding) => void): Promise<void> {
  try {
    const { proxy, publicUrl } = await fetchDoctor()
    const own = new URL(serverUrl('/'), location.href).origin
    const names = { own, server: publicUrl }
    report(
      'public-url',
      publicUrl === own ? pass('publicUrl', { values: names }) : fail('publicUrlOther', { values: names }),
    )
    report(
      'client-address',
      proxy === 'unknown' ? fail('proxyUnknown') : pass(proxy === 'none' ? 'noProxy' : 'proxy'),
    )
  } catch {
    report('public-url', fail('serverSilent'))
    report('client-address', fail('serverSilent'))
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

/** Uses the connections of this browser when it is in the swarm; otherwise calls peers of the share. */
async function checkPeer(
  { session }: BrowserTab,
  share: { readonly infoHash: InfoHash; readonly tried: number } | null,
): Promise<Finding> {
  if (!share) return skip('noShare')
  const swarm = session.getSwarm(share.infoHash)
  if (swarm && swarm.peers.length > 0) return pass('peer', { values: { count: swarm.peers.length } })
  const finding = await reachPeer(share.infoHash, trackerUrl())
  const tried = swarm?.unreached || share.tried
  // Peers that could not be reached then may have left since.
  return finding.result === 'skip' && tried > 0
    ? fail('peerUnreached', { values: { count: tried } })
    : finding
}

const trackerUrl = (): string => webSocketUrl(new URL(serverUrl('/announce'), location.href).href)
