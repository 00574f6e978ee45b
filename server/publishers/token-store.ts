/** A token, or an invitation that may become one. */
export interface TokenRecord {
  /** Names it in lists and where it is revoked; no secret. */
  readonly id: string
  readonly name: string
  /** SHA-256 of the token; null until an invitation was opened. */
  readonly secretHash: Uint8Array | null
  /** SHA-256 of the invitation it came from, or null. */
  readonly invitationHash: Uint8Array | null
  /** Most shares at a time, and most bytes of them that the seeder keeps; null: no limit. */
  readonly sharesMax: number | null
  readonly bytesMax: number | null
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

/** Tokens that were given out. A change is on disk when its promise resolves. */
export interface TokenStore {
  add(token: TokenRecord): Promise<void>
  find(id: string): Promise<TokenRecord | undefined>
  /** By the hash of a token, or of an invitation. */
  findByHash(which: 'secretHash' | 'invitationHash', hash: Uint8Array): Promise<TokenRecord | undefined>
  /** Newest first. */
  list(): Promise<readonly TokenRecord[]>
  /** An invitation becomes a token. */
  setSecretHash(id: string, hash: Uint8Array): Promise<void>
  revoke(id: string, at: Date): Promise<void>
}
