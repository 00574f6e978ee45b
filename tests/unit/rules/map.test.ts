import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'

test('the map names every folder that holds code, and none that does not exist', () => {
  const files = globSync('{app,components,lib,server}/**/*.{ts,tsx,json}')
  const folders = new Set(files.map(dirname))
  const layout = readFileSync('docs/architecture.md', 'utf8').split('## How data flows')[0] ?? ''
  const named = new Set(layout.match(/(?<=`)(?:app|components|lib|server)[^`\s]*(?=\/`)/g))

  expect([...folders].filter(folder => !named.has(folder))).toEqual([])
  const parents = new Set([...folders].flatMap(folder => [folder, dirname(folder), dirname(dirname(folder))]))
  expect([...named].filter(folder => !parents.has(folder))).toEqual([])
})
