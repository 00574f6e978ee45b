import { expect, it } from 'vitest'
import { Blame } from '../../../lib/engine/schedule/ban-list.ts'

it('bans who alone sent two false pieces, nobody for pieces of several', () => {
  const blame = new Blame()
  for (let piece = 0; piece < 10; piece++) expect(blame.falsePiece(new Set(['liar', 'honest']))).toBeNull()
  expect(blame.falsePiece(new Set(['liar']))).toBeNull()
  expect(blame.isBanned('liar')).toBe(false)
  expect(blame.falsePiece(new Set(['liar']))).toBe('liar')
  expect(blame.isBanned('liar')).toBe(true)
  expect(blame.isBanned('honest')).toBe(false)
})
