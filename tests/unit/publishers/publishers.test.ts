import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Publishers } from '../../../server/publishers/publishers.ts'
import { openStores, type Stores } from '../../../server/shares/database.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const daysLater = (days: number) => new Date(NOW.getTime() + days * 86_400_000)
const drawn = (letter: string) => `tst_${letter.repeat(43)}`

let database: Database.Database
let stores: Stores
let publishers: Publishers
beforeEach(async () => {
  database = new Database(':memory:')
  stores = await openStores(database)
  publishers = new Publishers({
    store: stores.tokens,
    usageOf: async publisher => ({ shares: publisher.length, bytes: 7 }),
  })
})
afterEach(() => stores.close())

test('a token is known by its secret, of which only a hash is stored', async () => {
  const { secret, token } = await publishers.create({ name: 'Ada', shares: 3, bytes: 1e9, days: 2 }, NOW)
  expect(secret).toMatch(/^tst_[\w-]{43}$/)
  expect(token).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{12}$/),
    name: 'Ada',
    state: 'active',
    shares: `token:${token.id}`.length,
    bytes: 7,
    sharesMax: 3,
    bytesMax: 1e9,
    createdAt: NOW.toISOString(),
    expiresAt: daysLater(2).toISOString(),
    revokedAt: null,
  })
  expect(await publishers.authenticate(secret, NOW)).toEqual(token)
  expect(await publishers.find(token.id, NOW)).toEqual(token)
  expect(database.serialize().includes(secret)).toBe(false)
})

test('each is drawn anew, and listed with the newest first', async () => {
  const first = await publishers.create({ name: 'same' }, NOW)
  const second = await publishers.create({ name: 'same' }, daysLater(1))
  expect(second.secret).not.toBe(first.secret)
  expect((await publishers.list()).map(({ id }) => id)).toEqual([second.token.id, first.token.id])
  expect(second.token).toMatchObject({ sharesMax: null, bytesMax: null, expiresAt: null })
})

test.each(['', 'x', drawn('a'), drawn('a').slice(0, -1), `tsi_${'a'.repeat(43)}`, `tst_${'a'.repeat(1e6)}`])(
  'what is no token of this server is wrong: %.20s',
  async secret => {
    await publishers.create({ name: 'Ada' }, NOW)
    await expect(publishers.authenticate(secret, NOW)).rejects.toMatchObject({ code: 'token_wrong' })
  },
)

test('a token ends when its time is over, or when it is revoked, for ever', async () => {
  const { secret, token } = await publishers.create({ name: 'Ada', days: 1 }, NOW)
  const before = new Date(daysLater(1).getTime() - 1)
  expect(await publishers.authenticate(secret, before)).toMatchObject({ state: 'active' })
  await expect(publishers.authenticate(secret, daysLater(1))).rejects.toMatchObject({ code: 'token_expired' })
  expect(await publishers.find(token.id, daysLater(1))).toMatchObject({ state: 'expired' })

  await publishers.revoke(token.id, before)
  await publishers.revoke(token.id, daysLater(1))
  await expect(publishers.authenticate(secret, NOW)).rejects.toMatchObject({ code: 'token_revoked' })
  expect(await publishers.find(token.id, NOW)).toMatchObject({
    state: 'revoked',
    revokedAt: before.toISOString(),
  })
  for (const id of ['nonsense', "' or 1=1"]) {
    await expect(publishers.revoke(id)).rejects.toMatchObject({ code: 'token_not_found' })
  }
})

test('an invitation becomes the token of who opens it first, who may ask twice', async () => {
  const { secret: invitation, token } = await publishers.create({ name: 'Ada', kind: 'invitation' }, NOW)
  expect(token.state).toBe('invited')
  await expect(publishers.authenticate(invitation)).rejects.toMatchObject({ code: 'token_wrong' })

  const tries = await Promise.allSettled(
    ['a', 'b', 'a'].map(letter => publishers.redeem(invitation, drawn(letter))),
  )
  expect(tries.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(tries[1]).toMatchObject({ reason: { code: 'invitation_used' } })
  expect(await publishers.authenticate(drawn('a'))).toMatchObject({ id: token.id, state: 'active' })
  await expect(publishers.authenticate(drawn('b'))).rejects.toMatchObject({ code: 'token_wrong' })
})

test('an invitation that is foreign, revoked or over becomes nothing', async () => {
  const revoked = await publishers.create({ name: 'Ada', kind: 'invitation' }, NOW)
  const over = await publishers.create({ name: 'Bob', kind: 'invitation', days: 1 }, NOW)
  await publishers.revoke(revoked.token.id, NOW)
  const redeem = (invitation: string) => publishers.redeem(invitation, drawn('c'), daysLater(2))
  await expect(redeem(revoked.secret)).rejects.toMatchObject({ code: 'token_revoked' })
  await expect(redeem(over.secret)).rejects.toMatchObject({ code: 'token_expired' })
  await expect(redeem(`tsi_${'d'.repeat(43)}`)).rejects.toMatchObject({ code: 'token_wrong' })
  await expect(publishers.authenticate(drawn('c'), NOW)).rejects.toMatchObject({ code: 'token_wrong' })
})

test('a token is the token of one invitation only', async () => {
  const first = await publishers.create({ name: 'Ada', kind: 'invitation' }, NOW)
  const second = await publishers.create({ name: 'Bob', kind: 'invitation' }, NOW)
  await publishers.redeem(first.secret, drawn('a'), NOW)
  await expect(publishers.redeem(second.secret, drawn('a'), NOW)).rejects.toMatchObject({
    code: 'bad_request',
  })
  expect(await publishers.find(second.token.id, NOW)).toMatchObject({ state: 'invited' })
})
