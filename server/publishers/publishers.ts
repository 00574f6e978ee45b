import { createHash, randomBytes } from 'node:crypto'
import { AppError } from '../../lib/base/errors.ts'
import { SerialQueue } from '../../lib/base/serial-queue.ts'
import { INVITATION_PREFIX, TOKEN_PREFIX } from '../../lib/protocol/invitation-text.ts'
import {
  type CreateToken,
  INVITATION_PATTERN,
  type PublishToken,
  TOKEN_PATTERN,
} from '../../lib/protocol/publishing.ts'
import type { TokenRecord, TokenStore } from './token-store.ts'

const DAY_MS = 86_400_000

/** What a publisher has on this server: shares, and the bytes of those that the seeder was asked to keep. */
export interface Usage {
  readonly shares: number
  readonly bytes: number
}

interface PublishersOptions {
  readonly store: TokenStore
  /** Of the publisher that shares are noted under. */
  readonly usageOf: (publisher: string) => Promise<Usage>
}

/** Under which publisher the shares of a token are noted. */
export const publisherOfToken = (id: string): string => `token:${id}`

/** The tokens of this server: who was given one, until when, and for how much. Tokens are stored as hashes only. */
export class Publishers {
  readonly #options: PublishersOptions
  readonly #changes = new SerialQueue()

  constructor(options: PublishersOptions) {
    this.#options = options
  }

  /** Makes a token or an invitation; `secret` is it, for this once. */
  async create(
    { bytes, days, kind = 'token', name, shares }: CreateToken,
    now = new Date(),
  ): Promise<{ readonly token: PublishToken; readonly secret: string }> {
    const secret = `${kind === 'token' ? TOKEN_PREFIX : INVITATION_PREFIX}${randomBytes(32).toString('base64url')}`
    const record: TokenRecord = {
      id: randomBytes(6).toString('hex'),
      name,
      secretHash: kind === 'token' ? sha256(secret) : null,
      invitationHash: kind === 'token' ? null : sha256(secret),
      sharesMax: shares ?? null,
      bytesMax: bytes ?? null,
      createdAt: now,
      expiresAt: days === undefined ? null : new Date(now.getTime() + days * DAY_MS),
      revokedAt: null,
    }
    await this.#options.store.add(record)
    return { token: await this.#view(record, now), secret }
  }

  /** What somebody has, by the name that shares are noted under. */
  usageOf(publisher: string): Promise<Usage> {
    return this.#options.usageOf(publisher)
  }

  /** All that were ever made, newest first. */
  async list(now = new Date()): Promise<PublishToken[]> {
    const records = await this.#options.store.list()
    return Promise.all(records.map(record => this.#view(record, now)))
  }

  /** Errors: `token_not_found`. */
  async find(id: string, now = new Date()): Promise<PublishToken> {
    const record = await this.#options.store.find(id)
    if (record === undefined) throw new AppError('token_not_found')
    return this.#view(record, now)
  }

  /** Who published what is noted under `publisher`, for operators. */
  async nameOf(publisher: string): Promise<string> {
    const [, kind, id = ''] = /^(token|user):(.*)$/s.exec(publisher) ?? []
    if (kind === 'user') return id
    const record = kind === 'token' ? await this.#options.store.find(id) : undefined
    return record?.name ?? publisher
  }

  /** Nothing more is published with it, now and for ever; what was stays. Errors: `token_not_found`. */
  async revoke(id: string, now = new Date()): Promise<void> {
    await this.#changes.add(async () => {
      const record = await this.#options.store.find(id)
      if (record === undefined) throw new AppError('token_not_found')
      if (record.revokedAt === null) await this.#options.store.revoke(id, now)
    })
  }

  /** The token that shares are noted under as `publisher`; undefined: it is none. Errors: `token_revoked`, `token_expired`. */
  async holder(publisher: string, now = new Date()): Promise<PublishToken | undefined> {
    const id = /^token:(.*)$/.exec(publisher)?.[1]
    const record = id === undefined ? undefined : await this.#options.store.find(id)
    if (record === undefined) return undefined
    requireValid(record, now)
    return this.#view(record, now)
  }

  /** The token that `secret` is. Errors: `token_wrong`, `token_revoked`, `token_expired`. */
  async authenticate(secret: string, now = new Date()): Promise<PublishToken> {
    // Of a wrong form, it is no secret of ours: nothing is looked up, whatever its length.
    const record = TOKEN_PATTERN.test(secret)
      ? await this.#options.store.findByHash('secretHash', sha256(secret))
      : undefined
    if (record === undefined) throw new AppError('token_wrong')
    requireValid(record, now)
    return this.#view(record, now)
  }

  /**
   * Whether the seeder may keep so many more bytes for `publisher`, as shares are noted. Errors: `seeder_full`, `token_revoked`,
   * `token_expired`.
   */
  async requireRoom(publisher: string, bytes: number, now = new Date()): Promise<void> {
    const id = /^token:(.*)$/.exec(publisher)?.[1]
    const record = id === undefined ? undefined : await this.#options.store.find(id)
    if (record === undefined) return
    requireValid(record, now)
    if (record.bytesMax === null) return
    const usage = await this.#options.usageOf(publisher)
    if (usage.bytes + bytes > record.bytesMax) {
      throw new AppError(
        'seeder_full',
        `your token allows ${record.bytesMax} bytes, ${usage.bytes} are taken`,
      )
    }
  }

  /**
   * `invitation` becomes the token `secret`; the same call again is answered in the same way. Errors: `token_wrong`,
   * `token_revoked`, `token_expired`, `invitation_used`, `bad_request` for a secret that is a token already.
   */
  redeem(invitation: string, secret: string, now = new Date()): Promise<PublishToken> {
    const { store } = this.#options
    return this.#changes.add(async () => {
      const record = INVITATION_PATTERN.test(invitation)
        ? await store.findByHash('invitationHash', sha256(invitation))
        : undefined
      if (record === undefined) throw new AppError('token_wrong')
      requireValid(record, now)
      const secretHash = sha256(secret)
      if (record.secretHash === null) {
        if (await store.findByHash('secretHash', secretHash)) throw new AppError('bad_request', 'token')
        await store.setSecretHash(record.id, secretHash)
      } else if (!secretHash.equals(record.secretHash)) throw new AppError('invitation_used')
      return this.#view({ ...record, secretHash }, now)
    })
  }

  async #view(record: TokenRecord, now: Date): Promise<PublishToken> {
    const { bytesMax, createdAt, expiresAt, id, name, revokedAt, sharesMax } = record
    return {
      id,
      name,
      state: stateOf(record, now),
      ...(await this.#options.usageOf(publisherOfToken(id))),
      sharesMax,
      bytesMax,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt?.toISOString() ?? null,
      revokedAt: revokedAt?.toISOString() ?? null,
    }
  }
}

function requireValid({ expiresAt, revokedAt }: TokenRecord, now: Date): void {
  if (revokedAt !== null) throw new AppError('token_revoked')
  if (expiresAt !== null && expiresAt <= now) throw new AppError('token_expired', expiresAt.toISOString())
}

function stateOf({ expiresAt, revokedAt, secretHash }: TokenRecord, now: Date): PublishToken['state'] {
  if (revokedAt !== null) return 'revoked'
  if (expiresAt !== null && expiresAt <= now) return 'expired'
  return secretHash === null ? 'invited' : 'active'
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
