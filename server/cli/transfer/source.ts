import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseSourceAddress, type SourceAddress } from '../../../lib/api/source-address.ts'
import { AppError } from '../../../lib/base/errors.ts'
import type { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { SwarmNetwork } from '../../../lib/network/swarm-network.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Magnet } from '../../../lib/torrent/magnet.ts'
import { LOCAL_LIMITS, type Metainfo, parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import type { Output } from '../output.ts'
import { networkOf, openEngine, originOf, renewRelays, request, serverAt } from './swarm.ts'

/** A server that does not send a `.torrent` by then is given up; milliseconds. */
const TORRENT_LIMIT_MS = 15_000

/** How every command names what it takes, for its help. */
export const SOURCE_OPERAND = 'LINK|MAGNET|FILE.torrent'

/** What is to be fetched, and where to take part. */
export interface Source {
  readonly metainfo: Metainfo
  readonly network: SwarmNetwork
}

interface Strangers {
  /** Whether peers are also asked for by DHT. */
  readonly dht: boolean
}

interface ResolveOptions extends Strangers {
  /** Trackers to ask instead of those that the source names. */
  readonly announce?: readonly string[]
}

/** Errors: `no_sources` when nobody could ever be found. */
export function requireSources({ peers = [], trackers, webSeeds }: SwarmNetwork, { dht }: Strangers): void {
  if (!dht && trackers.length + webSeeds.length + peers.length === 0) throw new AppError('no_sources')
}

type Address = Exclude<SourceAddress, { kind: 'magnet' }>

/**
 * What `source` names, and how to take part: a share of a Tabseed server by any of its addresses or its info hash, a
 * `.torrent` here or on a server, a magnet link. The metainfo of a magnet comes from its `xs`, or else from peers that
 * `engine` finds. Errors: `link_invalid`, `magnet_invalid`, `no_sources`, `file_unreadable`, `cancelled`, those of `request` and
 * `parseMetainfo`.
 */
export async function resolveSource(
  source: string,
  engine: SwarmEngine,
  options: ResolveOptions,
  signal: AbortSignal,
): Promise<Source> {
  const { metainfo, network } = await resolveStated(source, engine, options, signal)
  const { announce = [] } = options
  return { metainfo, network: announce.length > 0 ? { ...network, trackers: announce } : network }
}

async function resolveStated(
  source: string,
  engine: SwarmEngine,
  options: ResolveOptions,
  signal: AbortSignal,
): Promise<Source> {
  const address = parseSourceAddress(source)
  if (address.kind === 'magnet') return resolveMagnet(address.magnet, engine, options, signal)
  const metainfo = await readAddress(address, signal)
  if (address.kind !== 'share') {
    const trackers = metainfo.announceList.flat().filter(isTracker)
    return { metainfo, network: { trackers, iceServers: [], webSeeds: metainfo.webSeeds } }
  }
  // Its tracker and its API are where it moved to.
  const origin = await serverAt(originOfShare(address))
  await renewRelays(engine, origin)
  return { metainfo, network: await networkOf(origin, metainfo.infoHash) }
}

/**
 * The metainfo that `source` names; a swarm is joined only for that of a magnet link, and left again. Errors: as of
 * `resolveSource`.
 */
export async function readSource(
  source: string,
  { dht }: Strangers,
  output: Output,
  signal: AbortSignal,
): Promise<Metainfo> {
  const address = parseSourceAddress(source)
  if (address.kind !== 'magnet') return readAddress(address, signal)
  const engine = openEngine({ dht }, output)
  try {
    return (await resolveMagnet(address.magnet, engine, { dht }, signal)).metainfo
  } finally {
    await engine.close()
  }
}

export const isTracker = (url: string): boolean => /^(?:wss?|https?|udp):/.test(url)

/** A bare info hash names a share of the server that TABSEED_SERVER names. */
const originOfShare = ({ origin }: Extract<SourceAddress, { kind: 'share' }>): string =>
  origin ?? originOf(undefined)

async function readAddress(address: Address, signal: AbortSignal): Promise<Metainfo> {
  if (address.kind === 'path') return readTorrent(address.path)
  if (address.kind === 'file-url') return readTorrent(fileURLToPath(address.url))
  if (address.kind === 'torrent-url') return fetchTorrent(address.url, signal)
  const metainfo = await fetchTorrent(`${originOfShare(address)}/t/${address.infoHash}.torrent`, signal)
  if (metainfo.infoHash !== address.infoHash)
    throw new AppError('metainfo_invalid', 'it belongs to another share')
  return metainfo
}

async function readTorrent(path: string): Promise<Metainfo> {
  const torrent = await readFile(path).catch(cause => {
    throw new AppError('file_unreadable', path, { cause })
  })
  return parseMetainfo(torrent, LOCAL_LIMITS)
}

/** Errors: those of `request` and `parseMetainfo`. */
async function fetchTorrent(url: string, signal: AbortSignal): Promise<Metainfo> {
  const response = await request(url, { signal })
  const length = Number(response.headers.get('content-length') ?? 0)
  if (length > LOCAL_LIMITS.bytesMax) throw new AppError('metainfo_too_large', `${length} bytes at ${url}`)
  return parseMetainfo(new Uint8Array(await response.arrayBuffer()), LOCAL_LIMITS)
}

/** The `.torrent` at `url`, or null when it is not available there: peers may still have it. */
async function fetchTorrentOf(
  infoHash: InfoHash,
  url: string,
  signal: AbortSignal,
): Promise<Metainfo | null> {
  if (!/^https?:/.test(url)) return null
  const limit = AbortSignal.any([signal, AbortSignal.timeout(TORRENT_LIMIT_MS)])
  const metainfo = await fetchTorrent(url, limit).catch(() => null)
  return metainfo?.infoHash === infoHash ? metainfo : null
}

async function resolveMagnet(
  magnet: Magnet,
  engine: SwarmEngine,
  options: ResolveOptions,
  signal: AbortSignal,
): Promise<Source> {
  const { infoHash, peers, source, webSeeds } = magnet
  const trackers = options.announce?.length ? options.announce : magnet.trackers.filter(isTracker)
  const network = { trackers, iceServers: [], webSeeds, peers }
  const found = source === null ? null : await fetchTorrentOf(infoHash, source, signal)
  // A web seed has no metainfo.
  if (!found) requireSources({ ...network, webSeeds: [] }, options)
  const metainfo = found ?? (await engine.fetchMetainfo(infoHash, network, signal))
  return { metainfo, network: { ...network, webSeeds: [...webSeeds, ...metainfo.webSeeds] } }
}
