import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { setBackgroundTimeout } from '../../../lib/base/timer.ts'

describe('setBackgroundTimeout', () => {
  it('runs its callback after the delay', async () => {
    const start = performance.now()
    await new Promise<void>(resolve => setBackgroundTimeout(resolve, 20))
    expect(performance.now() - start).toBeGreaterThan(15)
  })

  it('does not keep a Node process alive', () => {
    const timer = join(import.meta.dirname, '../../../lib/base/timer.ts')
    const script = `const { setBackgroundTimeout } = await import(${JSON.stringify(timer)}); setBackgroundTimeout(() => console.log('ran'), 60_000)`
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
    })
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  })
})
