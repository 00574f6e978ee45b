import type { Kysely, Selectable } from 'kysely'
import type { TokenRecord, TokenStore } from '../../publishers/token-store.ts'
import type { Tables } from '../tables.ts'

const COLUMNS = { secretHash: 'secret_sha256', invitationHash: 'invitation_sha256' } as const

/** Tokens in the table `publish_tokens`. */
export function tokenStoreIn(database: Kysely<Tables>): TokenStore {
  const select = () => database.selectFrom('publish_tokens').selectAll()
  const change = async (id: string, values: Partial<Tables['publish_tokens']>) => {
    await database.updateTable('publish_tokens').set(values).where('id', '=', id).execute()
  }

  return {
    add: async token => {
      await database
        .insertInto('publish_tokens')
        .values({
          id: token.id,
          name: token.name,
          secret_sha256: token.secretHash,
          invitation_sha256: token.invitationHash,
          shares_max: token.sharesMax,
          bytes_max: token.bytesMax,
          created_at: token.createdAt.getTime(),
          expires_at: token.expiresAt?.getTime() ?? null,
          revoked_at: token.revokedAt?.getTime() ?? null,
        })
        .execute()
    },
    find: async id => recordOf(await select().where('id', '=', id).executeTakeFirst()),
    findByHash: async (which, hash) =>
      recordOf(await select().where(COLUMNS[which], '=', hash).executeTakeFirst()),
    list: async () => {
      const rows = await select().orderBy('created_at', 'desc').orderBy('id').execute()
      return rows.flatMap(row => recordOf(row) ?? [])
    },
    setSecretHash: (id, hash) => change(id, { secret_sha256: hash }),
    revoke: (id, at) => change(id, { revoked_at: at.getTime() }),
  }
}

function recordOf(row: Selectable<Tables['publish_tokens']> | undefined): TokenRecord | undefined {
  return (
    row && {
      id: row.id,
      name: row.name,
      secretHash: row.secret_sha256,
      invitationHash: row.invitation_sha256,
      sharesMax: row.shares_max,
      bytesMax: row.bytes_max,
      createdAt: new Date(row.created_at),
      expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
      revokedAt: row.revoked_at === null ? null : new Date(row.revoked_at),
    }
  )
}
