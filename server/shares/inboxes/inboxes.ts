import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../../../lib/base/errors.ts'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import { DELIVERIES_MAX, DELIVERIES_PAGE, INBOX_DAYS, INBOX_ID_PATTERN } from '../../../lib/protocol/inbox.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { AddressRates } from '../../base/address-rates.ts'
import type { Log } from '../../base/log.ts'
import type { Rate } from '../../base/rate-limiter.ts'
import type { InboxRecord, InboxStore } from './inbox-store.ts'
import type { SentStore } from './sent-store.ts'

const DAY_MS = 86_400_000
const SWEEP_MS = 3_600_000

/** What was published for who asked, and they were not told of within this time, goes: telling follows at once, unless the server is away. */
const TELL_MS = DAY_MS

/** For so long it is said of an inbox that it has ended. */
const ENDED_MS = 30 * DAY_MS

/** Inboxes of one address: as many at once as a family behind one address may make, then one in ten minutes. */
const CREATE_RATE: Rate = { burst: 20, everyMs: 600_000 }
/** Deliveries from one address: all guests of a party that are in one network, then one each 10 s. */
const DELIVER_RATE: Rate = { burst: 100, everyMs: 10_000 }

/** Of all addresses. With 4 KiB each, deliveries take at most 400 MB. */
const OPEN_MAX = 10_000
const DELIVERIES_OF_ALL_MAX = 100_000

interface InboxesOptions {
  readonly store: InboxStore
  readonly sent: SentStore
  /** Deletes a share. */
  readonly remove: (infoHash: InfoHash) => Promise<void>
  /** Whether what one address does is limited; false for load tests. */
  readonly limited: boolean
  /** Operators may end an inbox that is abused. They cannot read what is in it either. */
  readonly isOperator: (key: string) => boolean
  /** Whether this node ends inboxes, of several. */
  readonly leads: () => boolean
  readonly log: Log
}

/**
 * Links with which people ask for files. What is delivered is sealed with a secret that stands in the link alone: this server
 * keeps it for whoever asked, and cannot read it.
 */
export class Inboxes {
  readonly #options: InboxesOptions
  readonly #creations = new AddressRates(CREATE_RATE)
  readonly #deliveries = new AddressRates(DELIVER_RATE)
  readonly #sweeps = new SerialQueue()
  readonly #timer: NodeJS.Timeout

  constructor(options: InboxesOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.sweep(new Date()).catch(reason => options.log.error({ err: reason }, 'inboxes not ended'))
    }, SWEEP_MS).unref()
  }

  /** A new one from `network` (`clientNetwork`). Errors: `too_many_requests`, `server_full`. */
  async create(
    {
      ownerKey,
      publisher = null,
      sealed,
      sendKey,
    }: {
      readonly ownerKey: string
      readonly sealed: Uint8Array
      readonly publisher?: string | null
      readonly sendKey?: string | undefined
    },
    network: string,
    now = new Date(),
  ): Promise<InboxRecord> {
    const { limited, log, store } = this.#options
    if (limited && !this.#creations.take(network)) throw new AppError('too_many_requests', 'too many inboxes')
    if ((await store.counts()).open >= OPEN_MAX) throw new AppError('server_full', 'too many inboxes')
    const inbox = {
      id: randomBytes(16).toString('base64url'),
      ownerKeyHash: sha256(ownerKey),
      sealed,
      publisher,
      sendKeyHash: sendKey === undefined ? null : sha256(sendKey),
      createdAt: now,
      expiresAt: new Date(now.getTime() + INBOX_DAYS * DAY_MS),
    }
    await store.add(inbox)
    log.info('inbox made')
    return { ...inbox, endedAt: null, fetched: 0 }
  }

  /** One that takes deliveries. Errors: `inbox_not_found`, `inbox_ended`. */
  async find(id: string, now = new Date()): Promise<InboxRecord> {
    const inbox = INBOX_ID_PATTERN.test(id) ? await this.#options.store.find(id) : undefined
    if (inbox === undefined) throw new AppError('inbox_not_found')
    if (inbox.endedAt !== null || inbox.expiresAt <= now) throw new AppError('inbox_ended')
    return inbox
  }

  /** For its page. Errors: the database's. */
  async state(id: string): Promise<'open' | 'ended' | 'unknown'> {
    try {
      await this.find(id)
      return 'open'
    } catch (reason) {
      if (reason instanceof AppError && reason.code === 'inbox_ended') return 'ended'
      if (reason instanceof AppError && reason.code === 'inbox_not_found') return 'unknown'
      throw reason
    }
  }

  /**
   * Publishes with the link of an inbox, which takes as many shares as deliveries. Errors: `inbox_ended`, `inbox_full`, those of
   * `publish`.
   */
  async countSent<Result>(
    id: string,
    infoHash: InfoHash,
    publish: () => Promise<Result>,
    now = new Date(),
  ): Promise<Result> {
    const { sent } = this.#options
    const outcome = await sent.add(id, infoHash, { at: now, most: DELIVERIES_MAX })
    if (outcome === 'closed') throw new AppError('inbox_ended')
    if (outcome === 'full') throw new AppError('inbox_full', `at most ${DELIVERIES_MAX} shares`)
    try {
      return await publish()
    } catch (reason) {
      if (outcome === 'added') await sent.remove(id, infoHash)
      throw reason
    }
  }

  /** When a share was published so; undefined: it was not. */
  sentAt(infoHash: InfoHash): Promise<Date | undefined> {
    return this.#options.sent.sentAt(infoHash)
  }

  /** Adds a delivery from `network`, which tells of the share `infoHash` if it was published with this inbox; resolves to its receipt. Errors: `inbox_not_found`, `inbox_ended`, `inbox_full`, `too_many_requests`, `server_full`. */
  async deliver(
    id: string,
    { infoHash, sealed }: { readonly sealed: Uint8Array; readonly infoHash?: InfoHash | undefined },
    network: string,
    now = new Date(),
  ): Promise<string> {
    const { limited, sent, store } = this.#options
    await this.find(id, now)
    if (limited && !this.#deliveries.take(network))
      throw new AppError('too_many_requests', 'too many deliveries')
    if ((await store.counts()).deliveries >= DELIVERIES_OF_ALL_MAX)
      throw new AppError('server_full', 'too many deliveries')
    const outcome = await store.deliver(id, sealed, { at: now, most: DELIVERIES_MAX })
    if (outcome === 'closed') throw new AppError('inbox_ended')
    if (outcome === 'full') throw new AppError('inbox_full', `at most ${DELIVERIES_MAX} deliveries`)
    if (infoHash !== undefined) await sent.deliver(id, infoHash)
    return receiptOf(outcome, sealed)
  }

  /**
   * Whether the page of who asked has the delivery with this receipt, which only its sender was given. Errors: `inbox_ended`,
   * `inbox_not_found` also where nothing was delivered with it.
   */
  async isFetched(id: string, receipt: string): Promise<boolean> {
    const { fetched } = await this.find(id)
    const number = Number(RECEIPT_PATTERN.exec(receipt)?.[1] ?? 0)
    const sealed = await this.#options.store.sealedOf(id, number)
    if (sealed === undefined || receiptOf(number, sealed) !== receipt)
      throw new AppError('inbox_not_found', 'no such delivery')
    return number <= fetched
  }

  /**
   * Deliveries above `after`, for the owner. Errors: `inbox_not_found`, `inbox_ended`, `owner_key_missing`, `owner_key_wrong`.
   */
  async deliveries(id: string, ownerKey: string | undefined, after: number) {
    const { fetched } = await this.#requireOwner(id, ownerKey)
    // Who asks for what is above a number has what is up to it.
    if (after > fetched) await this.#options.store.fetch(id, after)
    const found = await this.#options.store.list(id, { after, limit: DELIVERIES_PAGE + 1 })
    return { deliveries: found.slice(0, DELIVERIES_PAGE), more: found.length > DELIVERIES_PAGE }
  }

  /** Takes no more deliveries; an operator's key does too. Errors: as of `deliveries`. */
  async end(id: string, ownerKey: string | undefined, now = new Date()): Promise<void> {
    if (ownerKey !== undefined && this.#options.isOperator(ownerKey)) await this.find(id, now)
    else await this.#requireOwner(id, ownerKey)
    await this.#options.store.end(id, now)
  }

  /** Ends those whose time is over at `now`, forgets those that ended long ago, and deletes shares that nobody was told of. */
  sweep(now: Date): Promise<void> {
    const { leads, remove, sent, store } = this.#options
    return this.#sweeps.add(async () => {
      if (!leads()) return
      for (const id of await store.due(now)) await store.end(id, now)
      for (const infoHash of await sent.untold(new Date(now.getTime() - TELL_MS))) await remove(infoHash)
      await store.forget(new Date(now.getTime() - ENDED_MS))
    })
  }

  /** Ends the regular sweeps, and waits for one that runs. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#sweeps.idle()
  }

  async #requireOwner(id: string, ownerKey: string | undefined): Promise<InboxRecord> {
    const inbox = await this.find(id)
    if (ownerKey === undefined) throw new AppError('owner_key_missing')
    if (!timingSafeEqual(inbox.ownerKeyHash, sha256(ownerKey))) throw new AppError('owner_key_wrong')
    return inbox
  }
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest()

/** It shows that somebody sent this: others neither see what is sealed nor can guess it. */
const receiptOf = (number: number, sealed: Uint8Array) =>
  `${number}-${Buffer.from(sha256(sealed)).toString('base64url')}`

const RECEIPT_PATTERN = /^(\d{1,15})-[\w-]{43}$/
