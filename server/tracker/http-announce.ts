import { parse } from 'node:querystring'
import { z } from 'zod'
import { NOT_TRACKED, SCRAPE_MAX } from '../../lib/protocol/announce.ts'
import { type Encodable, encode } from '../../lib/torrent/bencode.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Reply } from '../reply.ts'
import { withOwnAddress } from './own-peers.ts'
import { HTTP_INTERVAL_SECONDS, type Swarms } from './swarms.ts'

const id = z.string().length(20)
const wholeNumber = z.string().regex(/^\d{1,16}$/)

/** BEP 3 announce; `ip` is not among the keys because anyone could name a victim there. */
const announceQuery = z.object({
  info_hash: id,
  peer_id: id,
  port: wholeNumber.refine(port => Number(port) >= 1 && Number(port) <= 65_535),
  left: wholeNumber.optional(),
  event: z.enum(['', 'started', 'stopped', 'completed', 'paused']).optional(),
  // Some clients send -1 for "as many as you like".
  numwant: z
    .string()
    .regex(/^-?\d{1,9}$/)
    .optional(),
})

const scrapeQuery = z.object({
  info_hash: z.union([id.transform(one => [one]), z.array(id).min(1).max(SCRAPE_MAX)]),
})

/**
 * `GET /announce` (BEP 3, always compact: BEP 23 and BEP 7). Errors are a `failure reason` with status 200, as clients
 * expect. `address` is undefined when a proxy did not tell it; `own` is where the client reached us, if known.
 */
export function announceOverHttp(
  swarms: Swarms,
  query: string,
  address: string | undefined,
  own?: string | undefined,
): Reply {
  const parsed = announceQuery.safeParse(parseBinaryQuery(query))
  if (!parsed.success) return failure(`invalid ${parsed.error.issues[0]?.path.join()}`)
  if (address === undefined) return failure('the proxy in front of this tracker sent no address')
  const announce = parsed.data
  const infoHash = hex(announce.info_hash)
  if (!swarms.isAdmitted(infoHash)) return failure(NOT_TRACKED)

  const { complete, incomplete } = swarms.counts(infoHash)
  // Transmission says so before it begins; it must make no swarm, and a failure would keep it away for a while.
  if (announce.event === 'stopped' && complete + incomplete === 0) return NOBODY
  const clean = [
    `info_hash=${percentEncode(announce.info_hash)}&peer_id=${percentEncode(announce.peer_id)}`,
    `port=${Number(announce.port)}&compact=1`,
    `numwant=${Math.max(0, Number(announce.numwant ?? 0))}`,
    // An empty value would count as 0 left: as a seed.
    announce.left === undefined ? '' : `left=${Number(announce.left)}`,
    announce.event ? `event=${announce.event}` : '',
  ]
  const answer = swarms.announceHttp(infoHash, clean.filter(part => part !== '').join('&'), address)
  return bencoded(withOwnAddress(answer, address, own))
}

/** `GET /scrape?info_hash=…` (BEP 48): counts of the hashes asked for, zeros for those we do not track. */
export function scrapeOverHttp(swarms: Swarms, query: string): Reply {
  const parsed = scrapeQuery.safeParse(parseBinaryQuery(query))
  if (!parsed.success) return failure(`name 1 to ${SCRAPE_MAX} info hashes`)
  const files = parsed.data.info_hash.map((infoHash): [string, Encodable] => {
    const { complete, incomplete } = swarms.counts(hex(infoHash))
    return [infoHash, dictionary({ complete, downloaded: complete, incomplete })]
  })
  return bencoded(encode(dictionary({ files: new Map(files) })))
}

function failure(reason: string): Reply {
  return bencoded(encode(dictionary({ 'failure reason': reason })))
}

function bencoded(body: Uint8Array): Reply {
  // Scrape counts are for everybody, also for pages of other origins.
  const headers = {
    'content-type': 'text/plain',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  }
  return { status: 200, headers, body }
}

const dictionary = (entries: Record<string, Encodable>) => new Map(Object.entries(entries))

/** One UTF-16 unit a byte: info hashes are no UTF-8, which every usual decoder assumes. */
const parseBinaryQuery = (query: string) => parse(query, '&', '=', { decodeURIComponent: percentDecode })

const percentDecode = (text: string) =>
  text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))

const percentEncode = (bytes: string) => Buffer.from(bytes, 'latin1').toString('hex').replace(/../g, '%$&')

const hex = (bytes: string) => Buffer.from(bytes, 'latin1').toString('hex') as InfoHash

const NOBODY = bencoded(
  encode(
    dictionary({ complete: 0, incomplete: 0, interval: HTTP_INTERVAL_SECONDS, peers: new Uint8Array() }),
  ),
)
