import { parse } from 'node:querystring'
import { z } from 'zod'
import { SCRAPE_MAX } from '../../../lib/protocol/announce.ts'
import { type Encodable, encode } from '../../../lib/torrent/bencode.ts'
import { addressBytes, compactPeer } from '../../base/address.ts'
import type { Reply } from '../../http/reply.ts'
import type { AddressQuota } from '../address-quotas.ts'
import { REFUSALS, type Refusal } from '../refusals.ts'
import { isSeed, type SwarmCounts } from '../swarms/swarms.ts'
import type { Id } from '../wire-text.ts'
import type { ClassicAnswer, ClassicPeers } from './classic-peers.ts'
import { replaceLoopback } from './loopback-peers.ts'

const id = z.string().length(20)
const PORT_MAX = 65_535
/** The first value of a parameter; anything but a number from 0 on counts as missing: clients send all sorts. */
const amount = z
  .union([z.string(), z.array(z.string()).transform(([first]) => first)])
  .transform(text => (/^\d{1,20}$/.test(text ?? '') ? Number(text) : undefined))
  .optional()

const EVENTS = ['started', 'stopped', 'completed', 'paused'] as const

/** BEP 3 announce; `ip` is not read, because anyone could name a victim there. */
const announceQuery = z.object({
  info_hash: id,
  peer_id: id,
  port: amount,
  // 2^64, 2^63 - 1 and -1 stand for "unknown" in some clients.
  left: amount,
  downloaded: amount,
  // BEP 3: `empty` is the same as none; an unknown event counts as none.
  event: z.enum(EVENTS).optional().catch(undefined),
  // Some clients send -1, or 2^32 - 1, for "as many as you like".
  numwant: amount,
})

const scrapeQuery = z.object({
  info_hash: z.union([id.transform(one => [one]), z.array(id).min(1).max(SCRAPE_MAX)]),
})

/** The client of a request over HTTP. */
export interface HttpClient {
  readonly quota: AddressQuota
  /** Undefined when a proxy does not name it. */
  readonly address: string | undefined
  /** The address at which the client reached us; undefined when it is not known. */
  readonly serverAddress: string | undefined
}

/**
 * Answers `GET /announce` (BEP 3, always with compact peers: BEP 23 and BEP 7). Errors are a `failure reason` with status
 * 200, as clients expect.
 */
export function announceOverHttp(
  peers: ClassicPeers,
  query: string,
  client: HttpClient,
): Reply | Promise<Reply> {
  const parsed = announceQuery.safeParse(parseBinaryQuery(query))
  if (!parsed.success) {
    peers.counters.refused('invalid')
    return failure(`invalid ${parsed.error.issues[0]?.path.join()}`)
  }
  const bytes = client.address === undefined ? undefined : addressBytes(client.address)
  if (bytes === undefined) {
    peers.counters.refused('address')
    return failure(REFUSALS.address)
  }
  const { downloaded, event, info_hash, left, numwant, peer_id, port = 0 } = parsed.data
  const announce = () =>
    peers.announce('http', {
      infoHash: info_hash,
      peerId: peer_id,
      quota: client.quota,
      compact: port >= 1 && port <= PORT_MAX ? compactPeer(bytes, port) : null,
      report: { event, seed: isSeed(left, event), downloaded },
      numwant,
    })
  const reply = (answer: ClassicAnswer | Refusal) => replyOf(answer, bytes, client.serverAddress)
  const looking = peers.lookUp(info_hash)
  if (looking !== null) return looking.then(async away => reply(away ?? (await announce())))
  const answer = announce()
  return answer instanceof Promise ? answer.then(reply) : reply(answer)
}

function replyOf(answer: ClassicAnswer | Refusal, bytes: string, serverAddress: string | undefined): Reply {
  if (typeof answer === 'string') return failure(REFUSALS[answer])
  const { complete, downloaded, incomplete, interval, ipv4, ipv6 } = answer
  return bencoded({
    complete,
    downloaded,
    incomplete,
    interval,
    peers: latin1(replaceLoopback(ipv4, bytes, serverAddress).join('')),
    ...(ipv6.length > 0 && { peers6: latin1(ipv6.join('')) }),
  })
}

/** Answers `GET /scrape?info_hash=…` (BEP 48): counts of the named info hashes, zeros for those that are not tracked. */
export function scrapeOverHttp(
  peers: ClassicPeers,
  query: string,
  quota: AddressQuota,
): Reply | Promise<Reply> {
  const parameters = parseBinaryQuery(query)
  const parsed = scrapeQuery.safeParse(parameters)
  const asksForAll = parameters['info_hash'] === undefined
  if (!parsed.success && !(asksForAll && peers.mayScrapeAll)) {
    peers.counters.refused('invalid')
    return failure(`name 1 to ${SCRAPE_MAX} info hashes`)
  }
  const counts = peers.scrape('http', parsed.data?.info_hash ?? 'all', quota)
  return counts instanceof Promise ? counts.then(scrapeReply) : scrapeReply(counts)
}

function scrapeReply(counts: ReadonlyMap<Id, SwarmCounts> | Refusal): Reply {
  if (typeof counts === 'string') return failure(REFUSALS[counts])
  const files = [...counts].map(([infoHash, { complete, downloaded, incomplete }]): [string, Encodable] => [
    infoHash,
    dictionary({ complete, downloaded, incomplete }),
  ])
  return bencoded({ files: new Map(files.sort(([a], [b]) => (a < b ? -1 : 1))) })
}

function failure(reason: string): Reply {
  return bencoded({ 'failure reason': reason })
}

function bencoded(entries: Record<string, Encodable>): Reply {
  // Counts are public, so pages of other origins may read them too.
  const headers = {
    'content-type': 'text/plain',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  }
  return { status: 200, headers, body: encode(dictionary(entries)) }
}

const dictionary = (entries: Record<string, Encodable>) => new Map(Object.entries(entries))

const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** One UTF-16 unit a byte: info hashes are not UTF-8, which the usual decoders expect. */
const parseBinaryQuery = (query: string) => parse(query, '&', '=', { decodeURIComponent: percentDecode })

const percentDecode = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
