import { AppError, ERROR_STATUS, type ErrorCode } from '../../../lib/base/errors.ts'
import { webSocketUrl } from '../../../lib/base/web-socket-url.ts'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { iceServersOf, keepIceFresh } from '../../../lib/network/ice.ts'
import type { SwarmNetwork } from '../../../lib/network/swarm-network.ts'
import { errorBodySchema, type IceConfig, iceSchema, shareSchema } from '../../../lib/protocol/share.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { iceServersForNode, nodeClientOptions } from '../../node-engine/client-options.ts'
import { byteCount, flag, UsageError, type Values, value, wholeNumber } from '../options.ts'
import type { Output } from '../output.ts'

/** Options of every command that takes part in a swarm. */
export const SWARM_OPTIONS = {
  port: value('TCP port for classic clients. Default: any free one.', 'N', wholeNumber(0, 65_535)),
  'download-limit': value('Download limit in bytes per second.', 'BYTES', byteCount),
  'upload-limit': value('Upload limit in bytes per second.', 'BYTES', byteCount),
  dht: flag('Also find peers of public torrents by DHT and peer exchange, which contact strangers.'),
}

/** An engine with these options, which says on `output` why a tracker fails. */
export function openEngine(
  options: Partial<Values<typeof SWARM_OPTIONS>> & Pick<Values<typeof SWARM_OPTIONS>, 'dht'>,
  output: Output,
): SwarmEngine {
  const port = options.port ?? 0
  const engine = new SwarmEngine({
    ...nodeClientOptions({ port, udpPorts: null, utp: false, dht: options.dht }),
    onTrackerFault: fault => output.tracker(fault),
  })
  engine.setLimits(null, {
    download: options['download-limit'] ?? null,
    upload: options['upload-limit'] ?? null,
  })
  return engine
}

/** Redirects in a row that are followed, as `fetch` does. */
const REDIRECTS_MAX = 20

/** The answer of a Tabseed server, after redirects. Errors: the one it answers with, `server_unreachable`. */
export async function request(url: URL | string, init: RequestInit = {}): Promise<Response> {
  const response = await fetchMoved(url, init).catch(reason => {
    throw new AppError('server_unreachable', String(url), { cause: reason })
  })
  if (response.ok) return response
  const body = errorBodySchema.safeParse(await response.json().catch(() => null))
  const code: ErrorCode = body.data?.error.code ?? 'server_unreachable'
  throw new AppError(code in ERROR_STATUS ? code : 'server_unreachable', `${url}: HTTP ${response.status}`)
}

/**
 * As `fetch`, but what moved is asked with the same method and body there (301 and 302 too, where `fetch` would only GET),
 * and an owner key goes to no other origin.
 */
async function fetchMoved(url: URL | string, init: RequestInit): Promise<Response> {
  if ((init.method ?? 'GET') === 'GET') return fetch(url, init)
  const { origin } = new URL(url)
  let next = String(url)
  for (let left = REDIRECTS_MAX; left > 0; left--) {
    const response = await fetch(next, { ...init, redirect: 'manual' })
    const location = response.headers.get('location')
    if (![301, 302, 307, 308].includes(response.status) || location === null) return response
    await response.body?.cancel()
    next = new URL(location, next).href
    const isKeyed = new Headers(init.headers).has('authorization')
    if (isKeyed && new URL(next).origin !== origin) {
      throw new Error(`it redirects to ${next}, where the owner key is not sent`)
    }
  }
  throw new Error('too many redirects')
}

/** The origin of the server at `origin`, after the redirects of its API. Errors: those of `request`. */
export async function serverAt(origin: string): Promise<string> {
  const response = await request(`${origin}/api/ice`)
  await response.body?.cancel()
  return new URL(response.url).origin
}

const fetchIce = async (origin: string): Promise<IceConfig> =>
  iceSchema.parse(await (await request(`${origin}/api/ice`)).json())

/** How to join swarms of the server at `origin`, as strictly as its operator configured it. */
export async function networkOf(origin: string, infoHash?: InfoHash): Promise<SwarmNetwork> {
  const ice = await fetchIce(origin)
  const share =
    infoHash && shareSchema.parse(await (await request(`${origin}/api/shares/${infoHash}`)).json())
  const socket = `${webSocketUrl(origin)}/announce`
  return {
    // An announce over HTTP would hand out our address.
    trackers: ice.connect === 'direct' ? [socket, `${origin}/announce`] : [socket],
    iceServers: iceServersForNode(iceServersOf(ice)),
    webSeeds: share ? share.webSeeds : [],
    relayOnly: ice.connect === 'relay',
    webSeedUse: share && ice.connect === 'server' ? 'only' : ice.webSeedUse,
  }
}

/** Renew TURN credentials for as long as the process lives. Errors: `server_unreachable`. */
export async function renewRelays(engine: SwarmEngine, origin: string): Promise<void> {
  keepIceFresh(
    await fetchIce(origin),
    () => fetchIce(origin),
    iceServers => void engine.setIceServers(iceServersForNode(iceServers)),
  )
}

/**
 * Resolves with the snapshot in which `isOver`; `onSnapshot` sees each one. Errors: what ended the swarm, `cancelled`.
 */
export function follow(
  engine: SwarmEngine,
  infoHash: InfoHash,
  signal: AbortSignal,
  onSnapshot: (swarm: SwarmSnapshot) => void,
  isOver: (swarm: SwarmSnapshot) => boolean,
): Promise<SwarmSnapshot> {
  return new Promise((resolve, reject) => {
    let over = false
    let unsubscribe = () => {}
    const end = (settle: () => void) => {
      over = true
      unsubscribe()
      signal.removeEventListener('abort', cancel)
      settle()
    }
    const cancel = () => end(() => reject(new AppError('cancelled')))
    const look = () => {
      const swarm = engine.getSwarm(infoHash)
      if (!swarm || over) return
      onSnapshot(swarm)
      const { error } = swarm
      if (error) end(() => reject(new AppError(error.code, error.detail)))
      else if (isOver(swarm)) end(() => resolve(swarm))
    }
    signal.addEventListener('abort', cancel, { once: true })
    // It may be over before `subscribe` returns.
    const stop = engine.subscribe(look)
    if (over) stop()
    else unsubscribe = stop
    if (signal.aborted) cancel()
    else look()
  })
}

/** Origin of the server to publish on. Errors: `UsageError`. */
export function originOf(server: string | undefined): string {
  const url = URL.parse(server ?? process.env['TABSEED_SERVER'] ?? 'http://127.0.0.1:3000')
  if (!url || !/^https?:$/.test(url.protocol)) throw new UsageError('--server must be http://… or https://…')
  return url.origin
}
