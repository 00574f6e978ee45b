import { expect, test } from 'vitest'
import { passwordStrength } from '../../../lib/publish/password-strength.ts'

test.each([
  ['', 'weak'],
  ['hunter2', 'weak'],
  ['password123', 'weak'],
  ['aaaaaaaaaaaaaaaaaaaaaaaa', 'weak'],
  ['12345678901234567890', 'weak'],
  ['24.12.1998', 'weak'],
  ['abcdefghijklmnop', 'weak'],
  ['tr0ub4dor', 'fair'],
  ['correct horse battery staple', 'strong'],
  ['Vj9#kQ2!mX7z', 'strong'],
  ['天地玄黄宇宙洪荒', 'strong'],
])('%s is %s', (password, strength) => {
  expect(passwordStrength(password)).toBe(strength)
})
