import { execFile } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const folder = mkdtempSync(join(tmpdir(), 'tabseed-types-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Our own compilation skips declaration files, and other sites have nothing of ours beside this one.
test('the published types compile by themselves, in full', async () => {
  const file = join(folder, 'embed.d.ts')
  copyFileSync(join(ROOT, 'lib/embed/types.d.ts'), file)
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    'false',
    '--types',
    '',
    '--lib',
    'ES2022,DOM',
  ]
  const compiled = promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), [...options, file])
  await expect(compiled.catch(error => error)).resolves.toMatchObject({ stdout: '' })
})
