#!/usr/bin/env node
// Any Node.js from 20 on runs this file; all the rest needs the one of node_modules.
import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import * as module from 'node:module'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node')
const main = join(root, 'server/cli/main.ts')

// Stripped of their types and compiled once: that is half of the time a short command takes. Workers look at the variable.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/tabseed')

// As npm start does: idle connections of the tracker take half the memory with a small young generation.
const nodeFlags = process.argv[2] === 'serve' ? ['--max-semi-space-size=4'] : []

if (!existsSync(node)) {
  process.stderr.write(`tabseed: not installed yet; run "npm ci" in ${root}\n`)
  process.exitCode = 1
} else if (nodeFlags.length === 0 && realpathSync(node) === realpathSync(process.execPath)) {
  // npx and npm put it first in the path. Node.js 20 has no such function to import by name.
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
  await import(pathToFileURL(main).href)
} else {
  const child = spawn(node, [...nodeFlags, main, ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}
