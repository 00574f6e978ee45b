import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleWidget, type WidgetScripts } from '../../../server/embed/bundle.ts'

/** What a page pays for a widget nobody clicks, in bytes as they travel. */
const EMBED_MAX_BYTES = 12_000

let scripts: WidgetScripts
const folder = mkdtempSync(join(tmpdir(), 'tabseed-embed-'))
beforeAll(async () => {
  scripts = await bundleWidget()
  for (const [name, code] of Object.entries(scripts))
    writeFileSync(join(folder, name.replace('.js', '.mjs')), code)
})
afterAll(() => rmSync(folder, { recursive: true }))

test(`embed.js has at most ${EMBED_MAX_BYTES} bytes gzipped`, () => {
  expect(gzipSync(scripts['embed.js']).length).toBeLessThanOrEqual(EMBED_MAX_BYTES)
})

test('no script parses HTML, compiles code or names a host', () => {
  expect(scripts['embed.js']).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(/,
  )
  expect(scripts['embed.js']).not.toMatch(/https?:\/\//)
})

test('the engine carries its worker: a page of another origin could not start it from a file', () => {
  expect(scripts['embed-engine.js']).not.toContain('opfs-worker')
})

test('imported where there is no page, embed.js does nothing', () => {
  const program = `
    const before = Object.keys(globalThis).length
    const module = await import(${JSON.stringify(join(folder, 'embed.mjs'))})
    process.stdout.write(JSON.stringify([Object.keys(module), Object.keys(globalThis).length - before]))`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  expect(JSON.parse(out)).toEqual([[], 0])
})
