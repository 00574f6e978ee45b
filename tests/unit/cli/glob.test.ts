import { expect, test } from 'vitest'
import { globMatcher } from '../../../server/cli/transfer/glob.ts'

test.each([
  ['*.tmp', ['a.tmp', '.tmp', '.a.tmp'], ['a.tmp2', 'atmp']],
  ['a?c', ['abc', 'a😀c', 'a.c'], ['ac', 'abbc']],
  ['[a-c]x[!0-9]', ['axb', 'cx-'], ['dxb', 'ax1']],
  ['[]a]', [']', 'a'], ['b', '[]a]']],
  ['[[:digit:]_]*', ['1a', '_'], ['a1']],
  ['[z-a]', [], ['a', 'z', '[z-a]']],
  ['[ab', ['[ab'], ['a']],
  ['\\*', ['*'], ['a']],
  ['a.b+(c)$', ['a.b+(c)$'], ['axb+(c)$']],
  ['', [], ['a']],
])('%s', (glob, matching, others) => {
  const matches = globMatcher(glob)
  for (const name of matching) expect(matches(name), name).toBe(true)
  for (const name of others) expect(matches(name), name).toBe(false)
})
