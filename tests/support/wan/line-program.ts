import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'

const SOURCE = join(import.meta.dirname, 'line.cpp')
const CACHE = join(import.meta.dirname, '../../../node_modules/.cache/tabseed')

/** The line of `line.cpp` as a program, compiled when there is none of this source yet; returns its path. */
export function lineProgram(): string {
  const digest = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 16)
  const path = join(CACHE, `line-${digest}`)
  if (existsSync(path)) return path
  mkdirSync(CACHE, { recursive: true })
  const made = `${path}.${process.pid}`
  execFileSync('g++', ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror', '-o', made, SOURCE])
  renameSync(made, path)
  return path
}
