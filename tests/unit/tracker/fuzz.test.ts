import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('random input of every kind throws nothing and leaves no swarm behind (npm run fuzz:tracker, with fewer cases)', async () => {
  const script = join(import.meta.dirname, '../../../bench/tracker/fuzz.ts')
  const seed = String(Math.floor(Math.random() * 1e9))
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    script,
    '--cases',
    '8000',
    '--seed',
    seed,
  ])
  expect(stdout, `seed ${seed}`).toContain('swarms left: 0')
})
