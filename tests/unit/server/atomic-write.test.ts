import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeAtomic } from '../../../server/base/atomic-write.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

describe('writeAtomic', () => {
  it('replaces a file and leaves nothing beside it', async () => {
    using folder = tempFolder()
    const path = join(folder.path, 'state.json')
    writeFileSync(path, 'old')
    await writeAtomic(path, 'new')
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder.path)).toEqual(['state.json'])
  })

  it('leaves what was there, and nothing besides, when it cannot be replaced', async () => {
    using folder = tempFolder()
    const path = join(folder.path, 'taken')
    mkdirSync(join(path, 'inside'), { recursive: true })
    await expect(writeAtomic(path, 'new')).rejects.toThrow()
    expect(readdirSync(folder.path)).toEqual(['taken'])
    expect(readdirSync(path)).toEqual(['inside'])
  })
})
