import { statfs } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { parseSourceAddress } from '../../lib/api/source-address.ts'
import type { Audit, FoundShares, Overview } from '../../lib/protocol/admin.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Bucket } from '../bucket/bucket.ts'
import type { Config } from '../config/config.ts'
import type { LimitsMet } from '../http/limits/limits-met.ts'
import { json, type Reply } from '../http/reply.ts'
import type { Publishers } from '../publishers/publishers.ts'
import type { ShareCache } from '../seeder/share-cache.ts'
import type { FoundShare, ShareSearch } from '../shares/share-search.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { AddressStore } from '../shares/takedown/publisher-addresses.ts'
import type { TakedownStore } from '../shares/takedown/takedown-store.ts'
import type { Tracker } from '../tracker/tracker.ts'
import { readPage } from './paging.ts'
import type { Reporting } from './reports-api.ts'

export interface Overviewing extends Reporting {
  readonly config: Config
  readonly limitsMet: LimitsMet
  readonly publishers: Publishers
  readonly tracker: Tracker
  /** Null while no seeder runs. */
  readonly shareCache: () => ShareCache | null
  /** Null without one. */
  readonly bucket: Bucket | null
  readonly stores: Reporting['stores'] & {
    readonly search: ShareSearch
    readonly addresses: AddressStore
    readonly takedown: TakedownStore
    readonly shares: Pick<ShareStore, 'size' | 'summaries'>
  }
}

const STARTED_AT = new Date(performance.timeOrigin).toISOString()

/** `GET /api/admin/overview` */
export async function getOverview(services: Overviewing, request: IncomingMessage): Promise<Reply> {
  const { blocks, bucket, config, limitsMet, operators, reports, shareCache, stores, tracker } = services
  const operator = operators.require(request)
  const { classic, connections, swarms, tabs } = tracker.stats()
  const cache = shareCache()?.hasSeeders ? shareCache()?.totals() : undefined
  const seeders = shareCache()?.seeders() ?? []
  const budgets = seeders.flatMap(({ room }) => room?.budget ?? [])
  const answer: Overview = {
    operator,
    since: STARTED_AT,
    shares: {
      published: tracker.admitted,
      listed: tracker.listed,
      blocked: blocks.size,
      openReports: reports.count(),
    },
    disk: await diskOf(config.data),
    database: { bytes: await stores.shares.size(), budget: config.sharesBudget },
    seeder: cache
      ? {
          away: cache.isAway,
          complete: cache.complete,
          partial: cache.partial,
          bytes: cache.have,
          budget: budgets.length > 0 ? budgets.reduce((a, b) => a + b) : config.seederBudget,
          peers: cache.peers,
        }
      : null,
    seeders: seeders.map(({ addresses, complete, have, id, isAway, name, partial, room, zone }) => ({
      ...{ id, name, zone, addresses, complete, partial },
      away: isAway,
      bytes: have,
      budget: room?.budget ?? null,
      free: room?.free ?? null,
    })),
    bucket: bucket && bucketOf(bucket),
    connections: { webSockets: connections, swarms, tabs, classic },
    limits: [...limitsMet.lastHour()],
  }
  return json(200, answer)
}

/**
 * `GET /api/admin/shares?q=<text>&only=reported&offset=<n>&limit=<n>`: `q` is looked for in names, titles and publishers, or is an info hash, a
 * link or the address that a share was published from.
 */
export async function searchShares(
  services: Overviewing,
  request: IncomingMessage,
  query: string,
  origin: string,
): Promise<Reply> {
  services.operators.require(request)
  const { limit, offset, parameters } = readPage(query)
  const found = await findShares(services, parameters, { limit, offset })
  const answer: FoundShares = {
    shares: await describeAll(services, found, origin),
    next: found.length < limit ? null : offset + limit,
  }
  return json(200, answer)
}

/** `GET /api/admin/audit?before=<id>&limit=<n>` */
export async function getAudit(
  { operators, stores }: Overviewing,
  request: IncomingMessage,
  query: string,
): Promise<Reply> {
  operators.require(request)
  const { before, limit } = readPage(query)
  const found = await stores.takedown.audit({ before, limit })
  const answer: Audit = {
    entries: found.map(({ at, ...entry }) => ({ ...entry, at: at.toISOString() })),
    next: found.length < limit ? null : (found.at(-1)?.id ?? null),
  }
  return json(200, answer)
}

async function findShares(
  { reports, stores }: Overviewing,
  parameters: URLSearchParams,
  page: { readonly limit: number; readonly offset: number },
): Promise<readonly FoundShare[]> {
  const q = (parameters.get('q') ?? '').trim().slice(0, 500)
  const among = parameters.get('only') === 'reported' ? reports.reported() : null
  const link = linkedShare(q)
  const text = link ?? q
  const byText = await stores.search.find({ text, among, ...page })
  if (byText.length > 0 || page.offset > 0 || q === '' || among !== null) return byText
  const from = await stores.addresses.publishedFrom(q, page.limit)
  return from.length === 0 ? [] : stores.search.find({ text: '', among: from, ...page })
}

/** The info hash that a link, a magnet link or the like names. */
function linkedShare(text: string): InfoHash | null {
  try {
    const address = parseSourceAddress(text)
    if (address.kind === 'magnet') return address.magnet.infoHash
    return address.kind === 'share' ? address.infoHash : null
  } catch {
    return null
  }
}

async function describeAll(
  { publishers, reports, shareCache, stores, tracker }: Overviewing,
  found: readonly FoundShare[],
  origin: string,
): Promise<FoundShares['shares']> {
  if (found.length === 0) return []
  const addresses = await stores.addresses.of(found.map(({ infoHash }) => infoHash))
  const names = new Map<string, string>()
  for (const publisher of new Set(found.map(share => share.publisher))) {
    if (publisher !== null) names.set(publisher, await publishers.nameOf(publisher))
  }
  return found.map(({ createdAt, infoHash, length, publisher, ...share }) => {
    const { complete, incomplete } = tracker.counts(infoHash)
    const copy = shareCache()?.state(infoHash)
    return {
      ...share,
      infoHash,
      size: length,
      publishedAt: createdAt.toISOString(),
      publisher: publisher === null ? null : (names.get(publisher) ?? publisher),
      address: addresses.get(infoHash) ?? null,
      complete,
      downloading: incomplete,
      kept: copy?.kept ?? 'no',
      have: copy?.have ?? 0,
      openReports: reports.count(infoHash),
      page: `${origin}/d/${infoHash}`,
    }
  })
}

function bucketOf(bucket: Bucket): Overview['bucket'] {
  const { away, bytes, complete, removing, uploading } = bucket.totals()
  return { away, complete, uploading, removing, bytes }
}

async function diskOf(folder: string): Promise<Overview['disk']> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder)
    return { free: bavail * bsize, size: blocks * bsize }
  } catch {
    return null
  }
}
