import { parse } from 'node:querystring'
import { z } from 'zod'
import { SCRAPE_MAX } from '../../../lib/protocol/announce.ts'
import { type Encodable, encode } from '../../../lib/torrent/bencode.ts'
import { addressBytes, compactPeer } from '../../base/address.ts'
import type { Reply } from '../../http/reply.ts'
import type { AddressUse } from '../address-uses.ts'
import { REFUSALS } from '../refusals.ts'
import { isSeed } from '../swarms/swarms.ts'
import type { ClassicPeers } from './classic-peers.ts'
import { withOwnAddress } from './loopback-peers.ts'

const id = z.string().length(20)
/** Up to 2^64, which stands for "unknown" in some clients, as 2^63 - 1 and -1 do in others. */
const wholeNumber = z.string().regex(/^\d{1,20}$/)

/** BEP 3 announce; `ip` is not among the keys because anyone could name a victim there. */
const announceQuery = z.object({
  info_hash: id,
  peer_id: id,
  port: wholeNumber.refine(port => Number(port) >= 1 && Number(port) <= 65_535),
  left: wholeNumber.or(z.literal('-1')).optional(),
  downloaded: wholeNumber.optional(),
  event: z.enum(['', 'empty', 'started', 'stopped', 'completed', 'paused']).optional(),
  // Some clients send -1 for "as many as you like".
  numwant: z
    .string()
    .regex(/^-?\d{1,9}$/)
    .optional(),
})

const scrapeQuery = z.object({
  info_hash: z.union([id.transform(one => [one]), z.array(id).min(1).max(SCRAPE_MAX)]),
})

/** Who asks over HTTP; `address` is undefined when a proxy did not tell it, `own` is where the client reached us. */
export interface HttpClient {
  readonly use: AddressUse
  readonly address: string | undefined
  readonly own: string | undefined
}

/**
 * `GET /announce` (BEP 3, always compact: BEP 23 and BEP 7). Errors are a `failure reason` with status 200, as clients
 * expect.
 */
export function announceOverHttp(peers: ClassicPeers, query: string, client: HttpClient): Reply {
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
  const { downloaded, info_hash, left, numwant, peer_id, port } = parsed.data
  // BEP 3: `empty` is the same as none.
  const event = parsed.data.event === 'empty' ? undefined : parsed.data.event || undefined
  const answer = peers.announce('http', {
    infoHash: info_hash,
    peerId: peer_id,
    use: client.use,
    compact: compactPeer(bytes, Number(port)),
    report: {
      event,
      seed: isSeed(left === undefined ? undefined : Number(left), event),
      downloaded: downloaded === undefined ? undefined : Number(downloaded),
    },
    numwant: numwant === undefined ? undefined : Number(numwant),
  })
  if (typeof answer === 'string') return failure(REFUSALS[answer])
  const { complete, downloaded: times, incomplete, interval, ipv4, ipv6 } = answer
  return bencoded({
    complete,
    downloaded: times,
    incomplete,
    interval,
    peers: latin1(withOwnAddress(ipv4, bytes, client.own).join('')),
    ...(ipv6.length > 0 && { peers6: latin1(ipv6.join('')) }),
  })
}

/** `GET /scrape?info_hash=…` (BEP 48): counts of the hashes asked for, zeros for those we do not track. */
export function scrapeOverHttp(peers: ClassicPeers, query: string, use: AddressUse): Reply {
  const parameters = parseBinaryQuery(query)
  const parsed = scrapeQuery.safeParse(parameters)
  const isOfAll = parameters['info_hash'] === undefined
  if (!parsed.success && !(isOfAll && peers.mayScrapeAll)) {
    peers.counters.refused('invalid')
    return failure(`name 1 to ${SCRAPE_MAX} info hashes`)
  }
  const counts = peers.scrape('http', parsed.data?.info_hash ?? 'all', use)
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
  // Scrape counts are for everybody, also for pages of other origins.
  const headers = {
    'content-type': 'text/plain',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  }
  return { status: 200, headers, body: encode(dictionary(entries)) }
}

const dictionary = (entries: Record<string, Encodable>) => new Map(Object.entries(entries))

const latin1 = (text: string) => Buffer.from(text, 'latin1')

/** One UTF-16 unit a byte: info hashes are no UTF-8, which every usual decoder assumes. */
const parseBinaryQuery = (query: string) => parse(query, '&', '=', { decodeURIComponent: percentDecode })

const percentDecode = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
