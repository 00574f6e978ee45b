import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { tempFolder } from '../../support/content/fixtures.ts'

test('a full disk stops downloads, not uploads, and downloads resume when there is room', {
  tags: 'long',
  timeout: 120_000,
}, async () => {
  using folder = tempFolder()
  const disk =
    'mount -t tmpfs -o size=48m none "$1" && exec "$0" tests/support/contracts/full-disk-script.ts "$1"'
  const { stdout } = await promisify(execFile)('unshare', [
    '--mount',
    'sh',
    '-c',
    disk,
    process.execPath,
    folder.path,
  ])
  const { exitCode, failures, published, whileFull, withRoom } = JSON.parse(stdout)
  expect(whileFull.stuck).toMatchObject({ asked: true, kept: 'partial', problem: 'server_full' })
  expect(whileFull.refused).toMatchObject({ asked: true, kept: 'no', have: 0, problem: 'server_full' })
  expect(whileFull.small).toEqual([published.small, published.small])
  expect(whileFull.large).toBe(404)
  expect(withRoom).toEqual({ large: published.large, late: published.late })
  // A full disk does not end the seeder either.
  expect({ exitCode, failures }).toEqual({ exitCode: 0, failures: null })
})
