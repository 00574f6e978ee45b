import { readFile } from 'node:fs/promises'
import { AppError, ERROR_STATUS, type ErrorCode } from '../../../lib/base/errors.ts'
import { SwarmEngine, type SwarmNetwork } from '../../../lib/engine/engine.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { iceServersOf, keepIceFresh } from '../../../lib/network/ice.ts'
import { errorBodySchema, type IceConfig, iceSchema, shareSchema } from '../../../lib/protocol/share.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import { type Magnet, parseMagnet } from '../../../lib/torrent/magnet.ts'
import { type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { iceServersForNode, nodeClientOptions } from '../../node-engine/client-options.ts'
import { byteCount, flag, UsageError, type Values, value, wholeNumber } from '../options.ts'

/** A server that does not send the `.torrent` by then is passed over; milliseconds. */
const XS_LIMIT_MS = 15_000

/** Options of every command that takes part in a swarm. */
export const SWARM_OPTIONS = {
  port: value('TCP port for classic clients; any free one without.', 'N', wholeNumber(0, 65_535)),
  'download-limit': value('Most bytes a second to fetch.', 'BYTES', byteCount),
  'upload-limit': value('Most bytes a second to send.', 'BYTES', byteCount),
  dht: flag('Find peers of public torrents by DHT and peer exchange too, which ask strangers.'),
}

/** The engine that these options ask for. */
export function openEngine(options: Values<typeof SWARM_OPTIONS>): SwarmEngine {
  const port = options.port ?? 0
  const engine = new SwarmEngine(nodeClientOptions({ port, udpPorts: null, utp: false, dht: options.dht }))
  engine.setLimits(null, {
    download: options['download-limit'] ?? null,
    upload: options['upload-limit'] ?? null,
  })
  return engine
}

/** The answer of a server of ours. Errors: what it named, `server_unreachable`. */
export async function request(url: URL | string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init).catch(reason => {
    throw new AppError('server_unreachable', String(url), { cause: reason })
  })
  if (response.ok) return response
  const body = errorBodySchema.safeParse(await response.json().catch(() => null))
  const code: ErrorCode = body.data?.error.code ?? 'server_unreachable'
  throw new AppError(code in ERROR_STATUS ? code : 'server_unreachable', `${url}: HTTP ${response.status}`)
}

const fetchIce = async (origin: string): Promise<IceConfig> =>
  iceSchema.parse(await (await request(`${origin}/api/ice`)).json())

/** How to take part in the shares of the server at `origin`, as strictly as its operator wants it. */
export async function networkOf(origin: string, infoHash?: InfoHash): Promise<SwarmNetwork> {
  const ice = await fetchIce(origin)
  const share =
    infoHash && shareSchema.parse(await (await request(`${origin}/api/shares/${infoHash}`)).json())
  const socket = `${origin.replace(/^http/, 'ws')}/announce`
  return {
    // Over HTTP our address would be handed out.
    trackers: ice.connect === 'direct' ? [socket, `${origin}/announce`] : [socket],
    iceServers: iceServersForNode(iceServersOf(ice)),
    webSeeds: share ? share.webSeeds : [],
    relayOnly: ice.connect === 'relay',
    ...(share && ice.connect === 'server' && { webSeedUse: 'only' }),
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

const SHARE_PATH = /^\/(?:d\/([0-9a-f]{40})|t\/([0-9a-f]{40})\.torrent)$/i

/** What is to be fetched, and where to take part. */
interface Source {
  readonly metainfo: Metainfo
  readonly network: SwarmNetwork
}

/**
 * What a link of ours, a magnet link or a `.torrent` file names. Of a magnet the metainfo comes from its `xs`, and else
 * from peers that `engine` finds. Errors: `link_invalid`, `magnet_invalid`, `cancelled`, those of all ways.
 */
export async function resolveSource(
  source: string,
  engine: SwarmEngine,
  signal: AbortSignal,
): Promise<Source> {
  if (/^\s*magnet:/i.test(source)) return resolveMagnet(parseMagnet(source), engine, signal)
  const url = URL.parse(source)
  if (!url || !/^https?:$/.test(url.protocol)) {
    const torrent = await readFile(source).catch(reason => {
      throw new AppError('file_unreadable', source, { cause: reason })
    })
    const metainfo = await parseMetainfo(torrent)
    const trackers = metainfo.announceList.flat().filter(isTracker)
    return { metainfo, network: { trackers, iceServers: [], webSeeds: metainfo.webSeeds } }
  }
  const [, page, torrent] = SHARE_PATH.exec(url.pathname) ?? []
  const wanted = (page ?? torrent)?.toLowerCase()
  if (wanted === undefined) throw new AppError('link_invalid', source)
  const response = await request(`${url.origin}/t/${wanted}.torrent`)
  const metainfo = await parseMetainfo(new Uint8Array(await response.arrayBuffer()))
  if (metainfo.infoHash !== wanted) throw new AppError('metainfo_invalid', 'it belongs to another share')
  await renewRelays(engine, url.origin)
  return { metainfo, network: await networkOf(url.origin, metainfo.infoHash) }
}

export const isTracker = (url: string): boolean => /^(?:wss?|https?|udp):/.test(url)

async function resolveMagnet(magnet: Magnet, engine: SwarmEngine, signal: AbortSignal): Promise<Source> {
  const { infoHash, source, webSeeds } = magnet
  const network = { trackers: magnet.trackers.filter(isTracker), iceServers: [], webSeeds }
  const found = source === null ? null : await fetchTorrent(source, infoHash, signal)
  const metainfo = found ?? (await engine.fetchMetainfo(infoHash, network, signal))
  return { metainfo, network: { ...network, webSeeds: [...webSeeds, ...metainfo.webSeeds] } }
}

/** The `.torrent` at `url`, or null when it can't be had there: peers may still have it. */
async function fetchTorrent(url: string, infoHash: InfoHash, signal: AbortSignal): Promise<Metainfo | null> {
  if (!/^https?:/.test(url)) return null
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(XS_LIMIT_MS)]) })
    const length = Number(response.headers.get('content-length') ?? 0)
    if (!response.ok || length > METAINFO_MAX_BYTES) return null
    const metainfo = await parseMetainfo(new Uint8Array(await response.arrayBuffer()))
    return metainfo.infoHash === infoHash ? metainfo : null
  } catch {
    return null
  }
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
