import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCommand } from '../../support/clients/cli.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const MODULE = join(import.meta.dirname, '../../../server/base/folder-lock.ts')
/** Takes the lock and gives it up as often as it is told, and says how often it could. */
const PROGRAM = `
const { FolderLock } = await import(process.argv[1])
let taken = 0
for (; taken < Number(process.argv[3]); taken++) (await FolderLock.takeSoon(process.argv[2], 'lock', 20_000)).remove()
process.stdout.write(String(taken))
`

test('processes that take the same lock one after the other all get it, each time', async () => {
  using folder = tempFolder()
  const run = () =>
    startCommand(folder.path, [
      process.execPath,
      '--input-type=module',
      '-e',
      PROGRAM,
      MODULE,
      folder.path,
      '2000',
    ]).ended
  for (const { code, stderr, stdout } of await Promise.all([run(), run(), run()])) {
    expect(code, stderr).toBe(0)
    expect(stdout).toBe('2000')
  }
  expect(readdirSync(folder.path)).toEqual([])
})
