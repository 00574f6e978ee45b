import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { AppError } from '../../lib/base/errors.ts'
import type { Config } from '../config/config.ts'
import { ownerKey } from './share-request.ts'

/** Who `TABSEED_OPERATOR_KEY` is in the audit log. */
const UNNAMED = 'operator'

/** The people who run this server, each with a key of their own. */
export class Operators {
  readonly #keyHashes: ReadonlyMap<string, Uint8Array>

  constructor({ operatorKey, operatorKeys }: Pick<Config, 'operatorKey' | 'operatorKeys'>) {
    const keys = [...(operatorKey === undefined ? [] : [[UNNAMED, operatorKey] as const]), ...operatorKeys]
    this.#keyHashes = new Map(keys.map(([name, key]) => [name, sha256(key)]))
  }

  get size(): number {
    return this.#keyHashes.size
  }

  /** Whose key it is; null if nobody's. */
  nameOf(key: string | undefined): string | null {
    if (key === undefined) return null
    const hash = sha256(key)
    let found: string | null = null
    for (const [name, known] of this.#keyHashes) if (timingSafeEqual(hash, known)) found = name
    return found
  }

  /** The name of the operator whose key a request presents. Errors: `operator_key_missing`, `operator_only`. */
  require(request: IncomingMessage): string {
    const key = ownerKey(request)
    if (key === undefined) throw new AppError('operator_key_missing')
    const name = this.nameOf(key)
    if (name === null) throw new AppError('operator_only')
    return name
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
