import pg from 'pg'
import { expect, test } from 'vitest'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { TokenRecord } from '../../server/publishers/token-store.ts'
import { openPostgres } from '../../server/shares/postgres/open.ts'
import { day, hash, onEachDatabase, share } from '../support/contracts/each-database.ts'
import { startPostgres } from '../support/server/postgres.ts'

// The stores that have no contract file of their own.
onEachDatabase(stores => {
  test('HeldStore: finds shares that nobody has had for long, without those that have web seeds', async () => {
    for (const digit of ['a', 'b', 'c']) await stores().shares.add(share(digit))
    await stores().shares.add(share('d', { createdAt: day('03-01') }))
    await stores().held.touch([], day('02-01'))
    await stores().held.touch([hash('a'), hash('e')], day('01-02'))
    await stores().held.touch([hash('a'), hash('e')], day('02-01'))
    const times = { checkedAt: day('01-01'), checkAt: day('01-01') }
    await stores().webSeeds.replace(hash('b'), [
      { url: 'https://a.example/', failure: null, addedBy: 'owner', ...times },
    ])
    expect(await stores().held.abandoned(day('01-15'))).toEqual([hash('c')])
    expect([...(await stores().held.abandoned(day('02-02')))].sort()).toEqual([hash('a'), hash('c')])
  })

  test('EndingStore: knows which shares are due, which are counted, and which have ended', async () => {
    await stores().shares.add(share('a', { expiresAt: day('02-01') }))
    await stores().shares.add(share('b', { downloadsMax: 3 }))
    await stores().shares.add(share('c'))
    const { endings } = stores()
    expect(await endings.due(day('01-31'))).toEqual([])
    expect(await endings.due(day('02-01'))).toEqual([hash('a')])
    expect(await endings.counted()).toEqual([{ infoHash: hash('b'), downloadsMax: 3 }])
    await endings.addEnded(hash('e'), day('01-01'))
    await endings.addEnded(hash('e'), day('01-02'))
    await endings.addEnded(hash('f'), day('01-03'))
    expect(await endings.listEnded()).toEqual(
      new Map([
        [hash('e'), day('01-02')],
        [hash('f'), day('01-03')],
      ]),
    )
    expect(await endings.findEnded([hash('f'), hash('a')])).toEqual(new Map([[hash('f'), day('01-03')]]))
    expect(await endings.findEnded([])).toEqual(new Map())
    await endings.removeEnded([hash('e'), hash('a')])
    await endings.removeEnded([])
    expect([...(await endings.listEnded()).keys()]).toEqual([hash('f')])
  })

  test('TokenStore: finds tokens by either hash, and revokes them', async () => {
    const { tokens } = stores()
    const token: TokenRecord = {
      id: 'a',
      name: 'Ada “é”',
      secretHash: null,
      invitationHash: new Uint8Array(32).fill(1),
      sharesMax: 1_000_000,
      bytesMax: 2 ** 53 - 1,
      createdAt: day('01-01'),
      expiresAt: day('02-01'),
      revokedAt: null,
    }
    await tokens.add(token)
    await tokens.add({ ...token, id: 'b', invitationHash: null, createdAt: day('01-02'), expiresAt: null })
    expect((await tokens.list()).map(({ id }) => id)).toEqual(['b', 'a'])
    expect((await tokens.findByHash('invitationHash', new Uint8Array(32).fill(1)))?.id).toBe('a')
    await tokens.setSecretHash('a', new Uint8Array(32).fill(2))
    const found = await tokens.findByHash('secretHash', new Uint8Array(32).fill(2))
    expect(found).toMatchObject({
      id: 'a',
      name: token.name,
      bytesMax: 2 ** 53 - 1,
      expiresAt: day('02-01'),
    })
    await tokens.revoke('a', day('01-03'))
    expect((await tokens.find('a'))?.revokedAt).toEqual(day('01-03'))
    expect(await tokens.find('c')).toBeUndefined()
  })

  test('ReportStore: pages through reports, counts and closes them', async () => {
    const { reports } = stores()
    const report = (digit: string, details: string) =>
      ({ infoHash: hash(digit), reason: 'malware', details, contact: '' }) as const
    for (const details of ['one', 'two \u0000 \uee1a', 'three']) {
      await reports.add(report('a', details), day('01-01'))
    }
    await reports.add(report('b', 'four'), day('01-02'))
    const open = { state: 'open', before: null, limit: 2 } as const
    const [four, three] = await reports.list(open)
    expect([four?.details, three?.details]).toEqual(['four', 'three'])
    const next = await reports.list({ ...open, before: three?.id ?? 0 })
    expect(next.map(({ details }) => details)).toEqual(['two \u0000 \uee1a', 'one'])
    expect(await reports.openCounts()).toEqual(
      new Map([
        [hash('a'), 3],
        [hash('b'), 1],
      ]),
    )
    expect(await reports.close(four?.id ?? 0, 'ann', day('01-03'))).toBe(true)
    expect(await reports.close(four?.id ?? 0, 'ann', day('01-03'))).toBe(false)
    await reports.dropNewest(hash('a'))
    expect(await reports.openCounts()).toEqual(new Map([[hash('a'), 2]]))
    await reports.closeOf([hash('a')], 'bob', day('01-04'))
    expect(await reports.openCounts()).toEqual(new Map())
    await reports.prune(day('01-04'))
    const closed = await reports.list({ ...open, state: 'closed', limit: 9 })
    expect(closed.map(({ closedBy, details }) => [closedBy, details])).toEqual([
      ['bob', 'two \u0000 \uee1a'],
      ['bob', 'one'],
    ])
  })

  test('ShareSearch: finds parts of names, titles and publishers without regard to case, and beginnings of info hashes', async () => {
    await stores().shares.add(share('a', { title: 'Sommer', publisher: 'token:ada' }))
    await stores().shares.add(share('b', { createdAt: day('01-02'), listed: true }))
    const find = async (text: string, among: readonly InfoHash[] | null = null) => {
      const found = await stores().search.find({ text, among, offset: 0, limit: 9 })
      return found.map(({ infoHash }) => infoHash)
    }
    expect(await find('')).toEqual([hash('b'), hash('a')])
    expect(await find('FOLDER A')).toEqual([hash('a')])
    expect(await find('sOMM')).toEqual([hash('a')])
    expect(await find('Token:ADA')).toEqual([hash('a')])
    expect(await find('BBBB')).toEqual([hash('b')])
    expect(await find('100%_')).toEqual([hash('b'), hash('a')])
    expect(await find('%b')).toEqual([])
    expect(await find('', [hash('a'), hash('e')])).toEqual([hash('a')])
    expect(await find('', [])).toEqual([])
    const [only] = await stores().search.find({ text: '', among: null, offset: 1, limit: 1 })
    expect(only).toMatchObject({
      title: 'Sommer',
      length: 5,
      fileCount: 1,
      listed: false,
      publisher: 'token:ada',
    })
  })

  test('AddressStore: notes the last address of each share, for a time', async () => {
    const { addresses } = stores()
    for (const digit of ['a', 'b']) await stores().shares.add(share(digit))
    await addresses.note(hash('a'), '192.0.2.1', day('01-01'))
    await addresses.note(hash('a'), '2001:db8::1', day('01-02'))
    await addresses.note(hash('b'), '2001:db8::1', day('01-03'))
    expect(await addresses.of([hash('a'), hash('c')])).toEqual(new Map([[hash('a'), '2001:db8::1']]))
    expect(await addresses.of([])).toEqual(new Map())
    expect(await addresses.publishedFrom('2001:db8::1', 9)).toEqual([hash('b'), hash('a')])
    await addresses.prune(day('01-03'))
    expect(await addresses.publishedFrom('2001:db8::1', 9)).toEqual([hash('b')])
  })

  test('what several nodes ask: which shares stand, and which are blocked by info hash or content', async () => {
    await stores().shares.add(share('a', { listed: true }))
    await stores().shares.add(share('b'))
    const asked = [hash('a'), hash('b'), hash('c')]
    expect(await stores().shares.standing(asked)).toEqual(
      new Map([
        [hash('a'), true],
        [hash('b'), false],
      ]),
    )
    expect(await stores().shares.standing([])).toEqual(new Map())
    expect(await stores().shares.summaries([])).toEqual([])
    const block = {
      infoHash: hash('c'),
      content: 'c'.repeat(64),
      reason: 'r',
      name: '',
      length: 0,
      by: '',
      at: day('01-01'),
    }
    await stores().takedown.putBlocks([block, { ...block, reason: 'last' }])
    expect(await stores().takedown.findBlocks(asked)).toEqual([{ ...block, reason: 'last' }])
    expect(await stores().takedown.findBlocks([], 'c'.repeat(64))).toHaveLength(1)
    expect(await stores().takedown.findBlocks([], null)).toEqual([])
    await stores().takedown.putBlocks([])
    expect(await stores().takedown.sameContent([])).toEqual([])
    expect(await stores().strangeMigrations()).toEqual([])
  })

  test('SeenStore: remembers when somebody was last there', async () => {
    await stores().shares.add(share('a'))
    expect(await stores().seen.lastSeen(hash('a'))).toBeNull()
    await stores().seen.see([hash('a'), hash('e')], day('01-01'))
    await stores().seen.see([hash('a')], day('01-02'))
    expect(await stores().seen.lastSeen(hash('a'))).toEqual(day('01-02'))
  })
})

test('a node goes on when a newer one has upgraded PostgreSQL, and is not started anew', async () => {
  await using postgres = await startPostgres()
  const url = await postgres.create()
  const stores = await openPostgres(url)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query("insert into kysely_migration (name, timestamp) values ('999-later', '')")
  await client.end()
  expect(await stores.strangeMigrations()).toEqual([])
  await stores.close()
  await expect(openPostgres(url)).rejects.toThrow('a newer Tabseed wrote it (999-later)')
})
