import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import { hereSchema, leaveSchema, NOTE_MAX, noteSchema } from '../../lib/protocol/nearby.ts'
import { AddressRates } from '../base/address-rates.ts'
import { readJson } from '../http/body.ts'
import { json, type Reply } from '../http/reply.ts'
import { NearbyPeople } from './people.ts'

const BODY_MAX_BYTES = NOTE_MAX + 1024

/** Requests of one address: an office of fifty open pages, each of which asks every two seconds. */
const REQUESTS = { burst: 200, everyMs: 30 }
/** Codes that nobody has, of one address: a million of them would take 57 days to try. */
const WRONG_CODES = { burst: 20, everyMs: 5_000 }

/** `/api/nearby`: see docs/api.md. */
export class NearbyApi {
  readonly #people = new NearbyPeople()
  readonly #requests = new AddressRates(REQUESTS)
  readonly #wrongCodes = new AddressRates(WRONG_CODES)
  readonly #limited: boolean

  /** `limited`: false for load tests. */
  constructor({ limited }: { readonly limited: boolean }) {
    this.#limited = limited
  }

  /** `POST /api/nearby`. Errors: `nearby_code_unknown`, `nearby_full`, `too_many_requests`. */
  async here(request: IncomingMessage, network: string): Promise<Reply> {
    this.#take(this.#requests, network)
    const here = await readJson(request, hereSchema, BODY_MAX_BYTES)
    if (this.#limited && !this.#wrongCodes.has(network))
      throw new AppError('too_many_requests', 'codes that nobody has')
    try {
      return json(200, this.#people.here(here, network))
    } catch (reason) {
      if (reason instanceof AppError && reason.code === 'nearby_code_unknown') this.#wrongCodes.take(network)
      throw reason
    }
  }

  /** `POST /api/nearby/notes`. Errors: `nearby_gone`, `nearby_full`, `too_many_requests`. */
  async note(request: IncomingMessage, network: string): Promise<Reply> {
    this.#take(this.#requests, network)
    this.#people.note(await readJson(request, noteSchema, BODY_MAX_BYTES))
    return json(202, {})
  }

  /** `POST /api/nearby/leave`. */
  async leave(request: IncomingMessage, network: string): Promise<Reply> {
    this.#take(this.#requests, network)
    this.#people.leave((await readJson(request, leaveSchema, BODY_MAX_BYTES)).token)
    return json(202, {})
  }

  #take(rates: AddressRates, network: string): void {
    if (this.#limited && !rates.take(network)) throw new AppError('too_many_requests')
  }
}
