import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Bucket } from '../bucket/bucket.ts'
import type { Reply } from '../http/reply.ts'
import type { ShareCache } from '../seeder/share-cache.ts'
import type { Transport } from '../tracker/counters.ts'
import { type NodeSummary, nodeName } from '../tracker/relay/bus.ts'
import type { Relay } from '../tracker/relay/relay.ts'
import type { Tracker } from '../tracker/tracker.ts'
import type { Readiness } from './readiness.ts'

interface Sources {
  readonly tracker: Tracker
  /** Null while no seeder runs. */
  readonly shareCache: () => ShareCache | null
  /** Null without one. */
  readonly bucket: Bucket | null
  /** Bytes served over plain HTTP. */
  readonly webSeedBytes: () => number
  readonly readiness: Readiness
}

type Labels = Readonly<Record<string, string>>
/** A value for each set of labels. */
type Values = Iterable<readonly [Labels, number]>
type Read = () => Values | Promise<Values>

/** Seconds; a healthy tracker answers in a fraction of a millisecond. */
const LATENCY_BUCKETS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1]

/**
 * Metrics for Prometheus of the tracker, the seeder, the web seed and the process (memory, delay of the event loop).
 * None names a share or a person: labels have few, fixed values.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #latency: Readonly<Record<Transport, { observe(seconds: number): void }>>

  constructor() {
    const histogram = new Histogram({
      name: 'tabseed_tracker_announce_seconds',
      help: 'Time to handle an announce, with everything it sends to others.',
      labelNames: ['transport'],
      buckets: LATENCY_BUCKETS,
      registers: [this.#registry],
    })
    // Looked up once: with labels, each observation would look it up again.
    const of = (transport: Transport) => histogram.labels(transport)
    this.#latency = { websocket: of('websocket'), http: of('http'), udp: of('udp') }
    // Now, not with the first request: what they observe begins here.
    processRegistry()
  }

  /** Records how many seconds an announce over `transport` took. */
  announced(transport: Transport, seconds: number): void {
    this.#latency[transport].observe(seconds)
  }

  /** Adds metrics of these; they are read at each scrape of the metrics. */
  watch({ bucket, readiness, shareCache, tracker, webSeedBytes }: Sources): void {
    const { counters } = tracker
    if (tracker.relay !== null) this.#watchRelay(tracker.relay)
    this.#watchBucket(bucket)
    const stats = shared(() => tracker.stats())
    const seeder = shared(() => shareCache()?.totals())
    const gauge = (name: string, help: string, read: Read) => this.#add(Gauge, `tabseed_${name}`, help, read)
    const counter = (name: string, help: string, read: Read) =>
      this.#add(Counter, `tabseed_${name}_total`, help, read)

    gauge('ready', '1 while /readyz says so, else 0.', async () => one((await readiness.isReady()) ? 1 : 0))
    gauge('shares', 'Published shares.', () => one(tracker.admitted))
    gauge('swarms', 'Shares that somebody is in.', () => one(stats().swarms))
    gauge('clients', 'Clients in all swarms by state.', () => [
      [{ state: 'complete' }, stats().complete],
      [{ state: 'downloading' }, stats().incomplete],
    ])
    gauge('peers', 'Peers in all swarms by how they are reached; a client may be one of each.', () => [
      [{ kind: 'tab' }, stats().tabs],
      [{ kind: 'classic' }, stats().classic],
    ])
    // Not the sums of the status page: those fall when a share is removed, which Prometheus takes for a restart.
    counter('downloads', 'Complete downloads.', () => one(counters.completed))
    counter('transferred_bytes', 'Bytes that peers say they fetched.', () => one(counters.bytes))
    gauge('tracker_connections', 'Open WebSockets of the tracker.', () => one(stats().connections))
    counter('tracker_connections', 'WebSockets that were opened.', () => one(counters.connections))
    counter('tracker_announces', 'Announces by transport.', () => by('transport', counters.announces))
    counter('tracker_scrapes', 'Scrapes by transport.', () => by('transport', counters.scrapes))
    counter('tracker_offers', 'WebRTC offers that were relayed.', () => one(counters.offers))
    counter('tracker_answers', 'WebRTC answers that were relayed.', () => one(counters.answers))
    counter('tracker_refusals', 'Refused requests, by reason.', () => by('reason', counters.refusals))
    counter('web_seed_bytes', 'Bytes served over plain HTTP.', () => one(webSeedBytes()))
    gauge('seeder_up', '1 while the seeder is connected, 0 while it is not or none is set up.', () =>
      one(seeder()?.isAway === false ? 1 : 0),
    )
    gauge('seeder_shares', 'Cached shares, by whether the seeder has all of them.', () => [
      [{ state: 'complete' }, seeder()?.complete ?? 0],
      [{ state: 'partial' }, seeder()?.partial ?? 0],
    ])
    gauge('seeder_bytes', 'Verified bytes of cached shares.', () => one(seeder()?.have ?? 0))
    gauge('seeder_peers', 'Peers the seeder is connected to.', () => one(seeder()?.peers ?? 0))
    const seeders = shared(() => shareCache()?.seeders() ?? [])
    gauge('seeder_connected', 'For each seeder that has been here: 1 while it is connected, else 0.', () =>
      seeders().map(({ id, isAway, name }) => [{ seeder: name, id }, isAway ? 0 : 1]),
    )
    gauge('seeder_copies', 'Copies of each seeder, by whether it has all of them.', () =>
      seeders().flatMap(({ complete, id, name, partial }) => [
        [{ seeder: name, id, state: 'complete' }, complete] as const,
        [{ seeder: name, id, state: 'partial' }, partial] as const,
      ]),
    )
    gauge('seeder_free_bytes', 'What of the budget of each seeder nothing is reserved for.', () =>
      seeders().flatMap(({ id, name, room }) => (room ? [[{ seeder: name, id }, room.free] as const] : [])),
    )
    counter('seeder_uploaded_bytes', 'Bytes the seeder sent to peers.', () => one(seeder()?.uploaded ?? 0))
  }

  #watchBucket(bucket: Bucket | null): void {
    const totals = shared(() => bucket?.totals())
    const gauge = (name: string, help: string, read: Read) => this.#add(Gauge, `tabseed_${name}`, help, read)
    const counter = (name: string, help: string, read: Read) =>
      this.#add(Counter, `tabseed_${name}_total`, help, read)
    gauge(
      'bucket_up',
      '1 while the bucket does what it is asked for, 0 while it does not or none is set up.',
      () => one(totals()?.away === false ? 1 : 0),
    )
    gauge('bucket_shares', 'Shares in the bucket by state.', () => [
      [{ state: 'complete' }, totals()?.complete ?? 0],
      [{ state: 'uploading' }, totals()?.uploading ?? 0],
      [{ state: 'removing' }, totals()?.removing ?? 0],
    ])
    gauge('bucket_bytes', 'Bytes of complete shares in the bucket.', () => one(totals()?.bytes ?? 0))
    counter('bucket_sent_bytes', 'Bytes sent to the bucket.', () => one(totals()?.sent ?? 0))
    counter('bucket_redirects', 'Requests that were sent on to the bucket.', () =>
      one(totals()?.redirects ?? 0),
    )
  }

  /** What other nodes say is theirs to be scraped: a sum over nodes counts each once. */
  #watchRelay(relay: Relay): void {
    const gauge = (name: string, help: string, read: Read) => this.#add(Gauge, `tabseed_${name}`, help, read)
    const counter = (name: string, help: string, read: Read) =>
      this.#add(Counter, `tabseed_${name}_total`, help, read)
    const { counters } = relay
    const nodes = shared(() => relay.nodes())
    const sum = (of: (node: NodeSummary) => number) => nodes().reduce((total, node) => total + of(node), 0)
    gauge('relay_up', '1 while other nodes are reached through Redis, else 0.', () => one(relay.isUp ? 1 : 0))
    counter('relay_offers', 'Offers to other nodes: sent, received, and lost.', () =>
      by('state', counters.offers),
    )
    counter('relay_answers', 'Answers to other nodes: sent, received, and lost.', () =>
      by('state', counters.answers),
    )
    counter('relay_redrawn', 'Offers drawn again, because their node was gone.', () => one(counters.redrawn))
    counter('relay_invalid', 'Messages of other nodes that are not valid.', () => one(counters.invalid))
    gauge('cluster_nodes', 'Nodes that are there, this one included.', () => one(nodes().length))
    gauge('cluster_node_connections', 'Open WebSockets of each node.', () =>
      nodes().map(({ connections, node }) => [{ node: nodeName(node) }, connections]),
    )
    gauge('cluster_swarms', 'Shares that somebody on any node is in.', () => one(sum(node => node.swarms)))
    gauge('cluster_clients', 'Clients on all nodes by state.', () => [
      [{ state: 'complete' }, sum(node => node.complete)],
      [{ state: 'downloading' }, sum(node => node.incomplete)],
    ])
    gauge('cluster_peers', 'Peers on all nodes by how they are reached.', () => [
      [{ kind: 'tab' }, sum(node => node.tabs)],
      [{ kind: 'classic' }, sum(node => node.classic)],
    ])
  }

  /** `GET /metrics`: the Prometheus text format. */
  async reply(): Promise<Reply> {
    return {
      status: 200,
      headers: { 'content-type': this.#registry.contentType, 'cache-control': 'no-store' },
      body: `${await this.#registry.metrics()}\n${await processRegistry().metrics()}`,
    }
  }

  #add(Kind: typeof Gauge | typeof Counter, name: string, help: string, read: Read): void {
    const labelNames = ['state', 'kind', 'transport', 'reason', 'node', 'seeder', 'id']
    new Kind({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      async collect() {
        const values = await read()
        // The values are counted elsewhere; this library's counters can be set to a value only this way.
        this.reset()
        for (const [labels, value] of values) this.inc(labels, value)
      },
    })
  }
}

let ofProcess: Registry | null = null

/** Metrics of the process, collected once for all servers in it: their timers and observers run as long as it does. */
function processRegistry(): Registry {
  if (ofProcess === null) {
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }
  return ofProcess
}

const one = (value: number): Values => [[{}, value]]

const by = (label: string, values: Readonly<Record<string, number>>): Values =>
  Object.entries(values).map(([key, value]) => [{ [label]: key }, value])

/** The result of `read`, read once for all callers within one turn of the event loop. */
function shared<T>(read: () => T): () => T {
  let current: { readonly value: T } | null = null
  return () => {
    if (current === null) {
      current = { value: read() }
      setImmediate(() => {
        current = null
      })
    }
    return current.value
  }
}
