import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { roomFaults } from '../../../scripts/check-rooms.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tabseed-rooms-'))
  plant('lib/base/errors.ts')
  plant('server/main.ts')
  plant('server/app.ts')
})
afterEach(() => rmSync(root, { recursive: true }))

const plant = (path: string, lines = 0): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), 'export {}\n'.repeat(lines))
}

test('this checkout has no faults', () => {
  expect(roomFaults(process.cwd())).toEqual([])
})

test('fifteen files are a room, sixteen are too many, at any depth', () => {
  for (let index = 0; index < 15; index++) plant(`lib/engine/view/${index}.ts`)
  expect(roomFaults(root)).toEqual([])
  plant('lib/engine/view/one-more.d.ts')
  expect(roomFaults(root)).toEqual(['lib/engine/view/: 16 files, at most 15'])
})

test('no file lies loose in lib, and only app.ts and main.ts in server', () => {
  plant('lib/loose.ts')
  plant('server/loose.ts')
  expect(roomFaults(root)).toEqual([
    'lib/loose.ts: only folders may lie in lib/',
    'server/loose.ts: only folders and app.ts and main.ts may lie in server/',
  ])
})

test('a file has at most 330 lines, typings of webtorrent excepted', () => {
  plant('lib/base/long.ts', 330)
  plant('lib/engine/webtorrent-module.d.ts', 400)
  plant('tests/unit/base/long.test.ts', 400)
  expect(roomFaults(root)).toEqual([])
  for (const path of ['lib/base/long.ts', 'app/page.tsx', 'components/ui/list.tsx']) plant(path, 331)
  expect(roomFaults(root)).toEqual(
    ['lib/base/long.ts', 'components/ui/list.tsx', 'app/page.tsx'].map(
      path => `${path}: 331 lines, at most 330`,
    ),
  )
})
