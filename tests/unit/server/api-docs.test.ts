import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ERROR_STATUS } from '../../../lib/base/errors.ts'

test('docs/api.md has every error code with its status, and no other', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/api.md'), 'utf8')
  const rows = [...docs.matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [
    code,
    Number(status),
  ])
  expect(Object.fromEntries(rows)).toEqual(ERROR_STATUS)
  expect(rows).toHaveLength(Object.keys(ERROR_STATUS).length)
})
