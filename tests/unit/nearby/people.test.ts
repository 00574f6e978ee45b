import { expect, test } from 'vitest'
import { AppError } from '../../../lib/base/errors.ts'
import type { Here } from '../../../lib/protocol/nearby.ts'
import { NearbyPeople } from '../../../server/nearby/people.ts'

const here = (who: string, code: Here['code'] = null): Here => ({
  token: who.padEnd(22, '-'),
  name: 5,
  publicKey: 'k'.repeat(87),
  code,
})
const tokenOf = (who: string) => here(who).token

function stage() {
  let now = 0
  const people = new NearbyPeople(() => now)
  const pass = (ms: number) => {
    now += ms
  }
  return { people, pass }
}

/** The code of the error that `act` throws. */
function errorOf(act: () => unknown): string {
  try {
    act()
  } catch (reason) {
    if (reason instanceof AppError) return reason.code
    throw reason
  }
  return 'none'
}

test('people of one network see each other, until they leave or say nothing for half a minute', () => {
  const { pass, people } = stage()
  const a = people.here(here('a'), 'one').me
  const b = people.here(here('b'), 'one')
  expect(b.people.map(({ id }) => id)).toEqual([a])
  expect(people.here(here('c'), 'two').people).toEqual([])
  people.leave(tokenOf('a'))
  expect(people.here(here('b'), 'one').people).toEqual([])
  people.here(here('a'), 'one')
  for (let at = 0; at < 5; at++) {
    pass(8_000)
    people.here(here('b'), 'one')
  }
  expect(people.here(here('b'), 'one').people).toEqual([])
})

test('a code brings two networks together, and only those who have it', () => {
  const { people } = stage()
  const { code, me } = people.here(here('a', 'new'), 'one')
  expect(code).toMatch(/^\d{6}$/)
  // Asked for again, it is the same one.
  expect(people.here(here('a', 'new'), 'one').code).toBe(code)
  expect(people.here(here('b', code), 'two').people.map(({ id }) => id)).toEqual([me])
  expect(people.here(here('c'), 'three').people).toEqual([])
  const other = code === '000000' ? '000001' : '000000'
  expect(errorOf(() => people.here(here('c', other), 'three'))).toBe('nearby_code_unknown')
  // Without it they part.
  expect(people.here(here('b'), 'two').people).toEqual([])
})

test('a note comes to whom it is for, with who sent it, and goes after a minute', () => {
  const { pass, people } = stage()
  const a = people.here(here('a'), 'one').me
  const b = people.here(here('b'), 'one').me
  people.note({ token: tokenOf('a'), to: b, sealed: 'for-b' })
  const [note] = people.here(here('b'), 'one').notes
  expect(note).toMatchObject({ from: { id: a, name: 5 }, sealed: 'for-b' })
  expect(people.here(here('a'), 'one').notes).toEqual([])
  for (let at = 0; at < 7; at++) {
    pass(9_000)
    people.here(here('b'), 'one')
  }
  expect(people.here(here('b'), 'one').notes).toEqual([])
})

test('nobody writes to somebody whom they do not see, nor as somebody else', () => {
  const { people } = stage()
  const a = people.here(here('a'), 'one').me
  people.here(here('b'), 'two')
  expect(errorOf(() => people.note({ token: tokenOf('b'), to: a, sealed: 'x' }))).toBe('nearby_gone')
  expect(errorOf(() => people.note({ token: 'nobody'.padEnd(22, '-'), to: a, sealed: 'x' }))).toBe(
    'nearby_gone',
  )
  // Ids are seen by everybody: they are no tokens.
  people.leave(a)
  expect(people.here(here('c'), 'one').people.map(({ id }) => id)).toEqual([a])
})

test('what one room and one person hold is bounded', () => {
  const { people } = stage()
  const first = people.here(here('p0'), 'one').me
  for (let at = 1; at < 50; at++) people.here(here(`p${at}`), 'one')
  expect(errorOf(() => people.here(here('p50'), 'one'))).toBe('nearby_full')
  expect(people.here(here('p50'), 'two').people).toEqual([])
  for (let at = 0; at < 20; at++) people.note({ token: tokenOf('p1'), to: first, sealed: 'x' })
  expect(errorOf(() => people.note({ token: tokenOf('p1'), to: first, sealed: 'x' }))).toBe('nearby_full')
})
