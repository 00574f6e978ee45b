import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StandingNames } from '../../../server/cli/transfer/standing-names.ts'
import { tempFolder, writeTree } from '../../support/content/fixtures.ts'

const decomposed = 'U\u0308bung'
const composed = '\u00dcbung'

test('finds names as a Mac writes them, at every depth, and leaves what is not there as it is called', () => {
  using folder = tempFolder()
  writeTree(folder.path, { [`${decomposed}/a\u0301/x`]: 'x' })
  const names = new StandingNames(folder.path, [
    [composed, '\u00e1', 'x'],
    [composed, 'new \u00e9'],
  ])
  expect(names.place([composed, '\u00e1', 'x'])).toBe(join(folder.path, decomposed, 'a\u0301', 'x'))
  expect(names.place([composed, 'new \u00e9'])).toBe(join(folder.path, decomposed, 'new \u00e9'))
})

test('the exact name comes first', () => {
  using folder = tempFolder()
  writeTree(folder.path, { [decomposed]: 'a', [composed]: 'b' })
  expect(new StandingNames(folder.path, [[composed]]).place([composed])).toBe(join(folder.path, composed))
})

test('files of a share that differ only in this keep places of their own', () => {
  using folder = tempFolder()
  writeTree(folder.path, { [composed]: 'a' })
  const names = new StandingNames(folder.path, [[composed], [decomposed]])
  expect(names.place([decomposed])).toBe(join(folder.path, decomposed))
})
