import { expect, it } from 'vitest'
import { BanList } from '../../../../lib/engine/schedule/ban-list.ts'

it('bans the only sender of two bad pieces, and no one for a piece with several senders', () => {
  const banList = new BanList()
  for (let piece = 0; piece < 10; piece++)
    expect(banList.reportBadPiece(new Set(['liar', 'honest']))).toBeNull()
  expect(banList.reportBadPiece(new Set(['liar']))).toBeNull()
  expect(banList.isBanned('liar')).toBe(false)
  expect(banList.reportBadPiece(new Set(['liar']))).toBe('liar')
  expect(banList.isBanned('liar')).toBe(true)
  expect(banList.isBanned('honest')).toBe(false)
})
