import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Reply } from '../http/reply.ts'
import type { Keeper } from '../seeder/keeper.ts'
import type { Transport } from '../tracker/counters.ts'
import type { Tracker } from '../tracker/tracker.ts'

interface Sources {
  readonly tracker: Tracker
  /** Null while no seeder runs. */
  readonly keeper: () => Keeper | null
  /** Bytes handed out over plain HTTP. */
  readonly webSeedBytes: () => number
}

type Labels = Readonly<Record<string, string>>
/** A value for each set of labels. */
type Values = Iterable<readonly [Labels, number]>

/** Seconds; a tracker that is well answers in a fraction of a millisecond. */
const LATENCY_BUCKETS = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1]

/**
 * Numbers for Prometheus: those of the tracker, the seeder and the web seed, and of the process (memory, delay of the
 * event loop). Nothing that names a share or a person: no metric has more series than it has kinds.
 */
export class Metrics {
  readonly #registry = new Registry()
  readonly #latency: Readonly<Record<Transport, { observe(seconds: number): void }>>

  constructor() {
    const histogram = new Histogram({
      name: 'tabseed_tracker_announce_seconds',
      help: 'Time to handle an announce, with all that it sends to others.',
      labelNames: ['transport'],
      buckets: LATENCY_BUCKETS,
      registers: [this.#registry],
    })
    // Found once: with labels each of them would be looked up again.
    const of = (transport: Transport) => histogram.labels(transport)
    this.#latency = { websocket: of('websocket'), http: of('http'), udp: of('udp') }
    collectDefaultMetrics({ register: this.#registry })
  }

  /** An announce that came over `transport` took so many seconds. */
  announced(transport: Transport, seconds: number): void {
    this.#latency[transport].observe(seconds)
  }

  /** Tell these things too; they are asked for each time somebody reads the metrics. */
  watch({ keeper, tracker, webSeedBytes }: Sources): void {
    const { counters } = tracker
    const snapshot = shared(() => tracker.snapshot())
    const seeder = shared(() => keeper()?.totals())
    const gauge = (name: string, help: string, read: () => Values) =>
      this.#add(Gauge, `tabseed_${name}`, help, read)
    const counter = (name: string, help: string, read: () => Values) =>
      this.#add(Counter, `tabseed_${name}_total`, help, read)

    gauge('shares', 'Published shares.', () => one(tracker.admitted))
    gauge('swarms', 'Shares that somebody is in.', () => one(snapshot().swarms))
    gauge('clients', 'Clients in all swarms by state.', () => [
      [{ state: 'complete' }, snapshot().complete],
      [{ state: 'downloading' }, snapshot().incomplete],
    ])
    gauge('peers', 'Peers in all swarms by how they are reached; a client may be one of each.', () => [
      [{ kind: 'tab' }, snapshot().tabs],
      [{ kind: 'classic' }, snapshot().classic],
    ])
    // Not the sums of the status page: those fall when a share goes, which Prometheus takes for a restart.
    counter('downloads', 'Complete downloads.', () => one(counters.completed))
    counter('transferred_bytes', 'Bytes that peers say they fetched.', () => one(counters.bytes))
    gauge('tracker_connections', 'Open WebSockets of the tracker.', () => one(snapshot().connections))
    counter('tracker_connections', 'WebSockets that were opened.', () => one(counters.connections))
    counter('tracker_announces', 'Announces by transport.', () => by('transport', counters.announces))
    counter('tracker_scrapes', 'Scrapes by transport.', () => by('transport', counters.scrapes))
    counter('tracker_offers', 'WebRTC offers that were passed on.', () => one(counters.offers))
    counter('tracker_answers', 'WebRTC answers that were passed on.', () => one(counters.answers))
    counter('tracker_refusals', 'What clients were refused, by reason.', () =>
      by('reason', counters.refusals),
    )
    counter('web_seed_bytes', 'Bytes handed out over plain HTTP.', () => one(webSeedBytes()))
    gauge('seeder_up', '1 while the seeder is there, 0 while it is not or none is set up.', () =>
      one(seeder()?.isAway === false ? 1 : 0),
    )
    gauge('seeder_shares', 'Shares the seeder keeps, by whether it has all of them.', () => [
      [{ state: 'complete' }, seeder()?.complete ?? 0],
      [{ state: 'partial' }, seeder()?.partial ?? 0],
    ])
    gauge('seeder_bytes', 'Verified bytes the seeder keeps.', () => one(seeder()?.have ?? 0))
    gauge('seeder_peers', 'Peers the seeder is connected to.', () => one(seeder()?.peers ?? 0))
    counter('seeder_uploaded_bytes', 'Bytes the seeder sent to peers.', () => one(seeder()?.uploaded ?? 0))
  }

  /** `GET /metrics`: the Prometheus text format. */
  async reply(): Promise<Reply> {
    return {
      status: 200,
      headers: { 'content-type': this.#registry.contentType, 'cache-control': 'no-store' },
      body: await this.#registry.metrics(),
    }
  }

  #add(Kind: typeof Gauge | typeof Counter, name: string, help: string, read: () => Values): void {
    const labelNames = ['state', 'kind', 'transport', 'reason']
    new Kind({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        // What is counted elsewhere is put here as it is: a counter of this library can only be set this way.
        this.reset()
        for (const [labels, value] of read()) this.inc(labels, value)
      },
    })
  }
}

const one = (value: number): Values => [[{}, value]]

const by = (label: string, values: Readonly<Record<string, number>>): Values =>
  Object.entries(values).map(([key, value]) => [{ [label]: key }, value])

/** What `read` gives, once for all that ask within one turn. */
function shared<T>(read: () => T): () => T {
  let kept: { readonly value: T } | null = null
  return () => {
    if (kept === null) {
      kept = { value: read() }
      setImmediate(() => {
        kept = null
      })
    }
    return kept.value
  }
}
