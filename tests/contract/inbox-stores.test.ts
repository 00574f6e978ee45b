import { expect, test } from 'vitest'
import { day, hash, onEachDatabase, share } from '../support/contracts/each-database.ts'

onEachDatabase(stores => {
  test('InboxStore: takes deliveries up to a number, lists them in order, and forgets what they said when it ends', async () => {
    const { inboxes } = stores()
    const id = (letter: string) => letter.repeat(22)
    const inbox = (letter: string, expires: string) => ({
      id: id(letter),
      ownerKeyHash: new Uint8Array(32).fill(7),
      sealed: Uint8Array.of(0, 1, 255),
      publisher: letter === 'a' ? 'token:x' : null,
      sendKeyHash: letter === 'a' ? new Uint8Array(32).fill(8) : null,
      createdAt: day('01-01'),
      expiresAt: day(expires),
    })
    await inboxes.add(inbox('a', '02-01'))
    await inboxes.add(inbox('b', '03-01'))
    const found = await inboxes.find(id('a'))
    expect(found).toMatchObject({ createdAt: day('01-01'), expiresAt: day('02-01'), endedAt: null })
    expect([...(found?.sealed ?? [])]).toEqual([0, 1, 255])
    expect([...(found?.ownerKeyHash ?? [])]).toEqual(Array(32).fill(7))
    expect(found?.publisher).toBe('token:x')
    expect([...(found?.sendKeyHash ?? [])]).toEqual(Array(32).fill(8))
    expect(await inboxes.find(id('b'))).toMatchObject({ publisher: null, sendKeyHash: null })
    expect(await inboxes.find(id('c'))).toBeUndefined()

    const deliver = (letter: string, byte: number, at = '01-02') =>
      inboxes.deliver(id(letter), Uint8Array.of(byte), { at: day(at), most: 3 })
    // At once: none is counted twice, and each has a number of its own.
    const many = await Promise.all([1, 2, 3, 4, 5].map(byte => deliver('a', byte)))
    expect(many.filter(outcome => typeof outcome === 'number')).toHaveLength(3)
    expect(many.filter(outcome => outcome === 'full')).toHaveLength(2)
    const number = Number(await deliver('b', 9))
    expect([...((await inboxes.sealedOf(id('b'), number)) ?? [])]).toEqual([9])
    expect(await inboxes.sealedOf(id('a'), number)).toBeUndefined()
    expect(await deliver('c', 9)).toBe('closed')
    expect(await deliver('b', 9, '03-01')).toBe('closed')
    expect(await inboxes.counts()).toEqual({ open: 2, deliveries: 4 })

    const all = await inboxes.list(id('a'), { after: 0, limit: 9 })
    expect(all).toHaveLength(3)
    expect(all.map(({ number }) => number)).toEqual(all.map(({ number }) => number).sort((a, b) => a - b))
    expect(all[0]?.at).toEqual(day('01-02'))
    expect(await inboxes.list(id('a'), { after: 0, limit: 2 })).toEqual(all.slice(0, 2))
    expect(await inboxes.list(id('a'), { after: all[0]?.number ?? 0, limit: 9 })).toEqual(all.slice(1))

    expect(found?.fetched).toBe(0)
    await inboxes.fetch(id('a'), 2)
    await inboxes.fetch(id('a'), 1)
    expect((await inboxes.find(id('a')))?.fetched).toBe(2)
    expect((await inboxes.find(id('b')))?.fetched).toBe(0)

    expect(await inboxes.due(day('01-31'))).toEqual([])
    expect(await inboxes.due(day('02-01'))).toEqual([id('a')])
    await inboxes.end(id('a'), day('02-02'))
    await inboxes.end(id('a'), day('02-03'))
    const ended = await inboxes.find(id('a'))
    expect([ended?.endedAt, ended?.sealed.length]).toEqual([day('02-02'), 0])
    expect(await inboxes.list(id('a'), { after: 0, limit: 9 })).toEqual([])
    expect(await deliver('a', 1)).toBe('closed')
    expect(await inboxes.due(day('02-03'))).toEqual([])
    expect(await inboxes.counts()).toEqual({ open: 1, deliveries: 1 })
    await inboxes.forget(day('02-02'))
    expect(await inboxes.find(id('a'))).toBeDefined()
    await inboxes.forget(day('02-03'))
    expect(await inboxes.find(id('a'))).toBeUndefined()
    expect(await inboxes.find(id('b'))).toBeDefined()
  })

  test('SentStore: counts shares to an inbox once each, and knows those that nobody was told of', async () => {
    const { inboxes, sent } = stores()
    const id = 'a'.repeat(22)
    const made = { ownerKeyHash: new Uint8Array(32), sealed: Uint8Array.of(1), sendKeyHash: null }
    const times = { createdAt: day('01-01'), expiresAt: day('02-01') }
    await inboxes.add({ id, publisher: 'token:x', ...made, ...times })
    const add = (digit: string, at = day('01-02')) => sent.add(id, hash(digit), { at, most: 3 })
    for (const digit of 'abc') expect(await add(digit)).toBe('added')
    expect(await add('a')).toBe('again')
    expect(await add('d')).toBe('full')
    // At once: no more than three are counted.
    const other = 'c'.repeat(22)
    await inboxes.add({ id: other, publisher: 'token:x', ...made, ...times })
    const outcomes = await Promise.all(
      [...'123456'].map(digit => sent.add(other, hash(digit), { at: day('01-02'), most: 3 })),
    )
    expect(outcomes.sort()).toEqual(['added', 'added', 'added', 'full', 'full', 'full'])
    expect(await sent.add('b'.repeat(22), hash('a'), { at: day('01-02'), most: 3 })).toBe('closed')
    expect(await add('a', day('02-01'))).toBe('closed')

    const here = { publisher: 'token:x', createdAt: day('01-02') }
    await stores().shares.add(share('a', here))
    await stores().shares.add(share('b', here))
    expect(await sent.sentAt(hash('a'))).toEqual(day('01-02'))
    expect(await sent.sentAt(hash('e'))).toBeUndefined()
    expect([...(await sent.untold(day('01-03')))].sort()).toEqual([hash('a'), hash('b')])
    expect(await sent.untold(day('01-02'))).toEqual([])
    await sent.deliver(id, hash('a'))
    expect(await sent.untold(day('01-03'))).toEqual([hash('b')])

    // The same published by somebody else, or before, is not what was sent.
    await stores().shares.remove(hash('b'))
    await stores().shares.add(share('b', { ...here, publisher: 'token:y' }))
    expect(await sent.untold(day('01-03'))).toEqual([])
    expect(await sent.sentAt(hash('b'))).toBeUndefined()
    await stores().shares.remove(hash('b'))
    await stores().shares.add(share('b', { ...here, createdAt: day('01-01') }))
    expect(await sent.untold(day('01-03'))).toEqual([])
    // Published again, it is to be told again, and counts no more than before.
    await stores().shares.remove(hash('a'))
    expect(await add('a', day('01-05'))).toBe('again')
    await stores().shares.add(share('a', { ...here, createdAt: day('01-05') }))
    expect(await sent.untold(day('01-06'))).toEqual([hash('a')])

    await sent.remove(id, hash('c'))
    expect(await add('f')).toBe('added')
    await inboxes.end(id, day('01-07'))
    expect(await add('a', day('01-08'))).toBe('closed')
    expect(await sent.untold(day('01-08'))).toEqual([hash('a')])
    await inboxes.forget(day('01-08'))
    expect(await sent.untold(day('01-08'))).toEqual([])
  })
})
