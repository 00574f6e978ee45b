#!/usr/bin/env node
// Runs the command line on the Node.js of node_modules, whichever runs this file: it must work with Node 20 too.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin/node')
const main = join(dirname(fileURLToPath(import.meta.url)), 'main.ts')
const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })

// The child says how it ends. In a terminal Ctrl-C reaches it twice then, which it takes for one.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
})
