import type { Log } from '../../base/log.ts'
import { addressFault } from '../link/address-proof.ts'
import type { SeederIdentity } from '../link/identity.ts'

/** How often an address that leads to its seeder is tried again; one that does not, six times as often. */
const ADDRESS_MS = 180_000
/** One lost answer says nothing. */
const AGAIN_MS = 2_000
const TICK_MS = 500
/** Addresses that are tried at a time. */
const RUNNING_MAX = 8

const ADDRESSES = [
  { key: 'url', setting: 'TABSEED_SEEDER_URL' },
  { key: 'insideUrl', setting: 'TABSEED_SEEDER_INSIDE_URL' },
] as const

interface Checked {
  /** Null: not known yet. */
  leads: boolean | null
  failures: number
  /** When it is tried again, of a monotonic clock in milliseconds. */
  dueAt: number
  isRunning: boolean
}

interface AddressChecksOptions {
  /** Those that are connected to this server now. */
  readonly seeders: () => readonly SeederIdentity[]
  /** Called when an address begins or ceases to lead to its seeder. */
  readonly onChange: () => void
  readonly log: Log
  /** Left out: three minutes. */
  readonly everyMs?: number | undefined
}

/** Whether the addresses that seeders say they have lead to them: what does not is in no link, and is not asked for files. */
export class AddressChecks {
  readonly #options: AddressChecksOptions
  readonly #timer: NodeJS.Timeout
  /** By seeder and address. */
  readonly #checked = new Map<string, Checked>()
  readonly #closed = new AbortController()
  #running = 0

  constructor(options: AddressChecksOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.look(), TICK_MS).unref()
  }

  /** Whether an address of a seeder leads to it; null: that is not known yet. */
  leads(id: string, address: string): boolean | null {
    return this.#checked.get(keyOf(id, address))?.leads ?? null
  }

  /** The same seeder with those of its addresses that lead to it. */
  usable(identity: SeederIdentity): SeederIdentity {
    const { id, insideUrl, url } = identity
    return {
      ...identity,
      url: this.leads(id, url) ? url : '',
      insideUrl: this.leads(id, insideUrl) ? insideUrl : '',
    }
  }

  /** Tries what is due. */
  look(): void {
    const seeders = this.#options.seeders()
    const known = new Set(seeders.flatMap(({ id, insideUrl, url }) => [keyOf(id, url), keyOf(id, insideUrl)]))
    for (const key of this.#checked.keys()) if (!known.has(key)) this.#checked.delete(key)
    const now = performance.now()
    for (const seeder of seeders)
      for (const { key, setting } of ADDRESSES) {
        const address = seeder[key]
        const checked = this.#checked.get(keyOf(seeder.id, address)) ?? {
          ...{ leads: null, failures: 0, dueAt: 0, isRunning: false },
        }
        if (address === '' || checked.isRunning || checked.dueAt > now || this.#running >= RUNNING_MAX)
          continue
        this.#checked.set(keyOf(seeder.id, address), checked)
        this.#check(seeder, address, setting, checked).catch(reason =>
          this.#options.log.error({ err: reason }, 'the address of a seeder is not tried'),
        )
      }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#closed.abort()
  }

  async #check({ id, name }: SeederIdentity, address: string, setting: string, checked: Checked) {
    const { everyMs = ADDRESS_MS, log, onChange } = this.#options
    checked.isRunning = true
    this.#running += 1
    const fault = await addressFault(address, id, this.#closed.signal).finally(() => {
      checked.isRunning = false
      this.#running -= 1
    })
    if (this.#closed.signal.aborted) return
    checked.failures = fault === null ? 0 : checked.failures + 1
    const nextMs = fault === null ? everyMs : everyMs / 6
    checked.dueAt = performance.now() + (checked.failures === 1 ? Math.min(AGAIN_MS, nextMs) : nextMs)
    const before = checked.leads
    if (fault === null) checked.leads = true
    else if (checked.failures > 1) checked.leads = false
    if (checked.leads === before) return
    if (fault !== null)
      log.warn(
        { seeder: name, setting, ...fault },
        'the address of a seeder does not lead to it: it is in no link until it does',
      )
    else if (before === false) log.info({ seeder: name, setting }, 'the address of a seeder leads to it')
    onChange()
  }
}

const keyOf = (id: string, address: string): string => `${id} ${address}`
