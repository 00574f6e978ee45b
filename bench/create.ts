/**
 * Making a `.torrent` of one file in a shell, whole processes side by side: ours, mktorrent with two threads, create-torrent.
 *
 *     npm run bench:create [-- --bytes 1073741824 --rounds 5]
 */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { tempFolder, writeRandomFile } from '../tests/support/content/fixtures.ts'
import { MB, median, print } from './support.ts'

const { values: options } = parseArgs({
  options: {
    bytes: { type: 'string', default: String(1024 ** 3) },
    rounds: { type: 'string', default: '5' },
  },
})
const bytes = Number(options.bytes)
const rounds = Number(options.rounds)

using folder = tempFolder()
const content = join(folder.path, 'content.bin')
const torrent = join(folder.path, 'out.torrent')
writeRandomFile(content, bytes)

const root = join(import.meta.dirname, '..')
const STOCK = `
  import createTorrent from '${join(root, 'node_modules/create-torrent/index.js')}'
  import { writeFileSync } from 'node:fs'
  const options = { pieceLength: ${1024 * 1024}, announceList: [] }
  createTorrent(process.argv[1], options, (error, torrent) => {
    if (error) throw error
    writeFileSync(process.argv[2], torrent)
  })`

/** The same piece length for each: 1 MiB. */
const contenders: Record<string, readonly [string, ...string[]]> = {
  'tabseed create': [
    process.execPath,
    join(root, 'server/cli/tabseed.js'),
    'create',
    '-l',
    '20',
    '-o',
    torrent,
    content,
  ],
  'mktorrent -t 2': ['mktorrent', '-t', '2', '-l', '20', '-o', torrent, content],
  'create-torrent': [process.execPath, '--input-type=module', '-e', STOCK, content, torrent],
}

const seconds: Record<string, number[]> = {}
for (let round = 0; round < rounds; round++) {
  const entries = Object.entries(contenders)
  // Each has each place in turn: the machine is not the same after every one.
  const first = round % entries.length
  for (const [name, [command, ...args]] of [...entries.slice(first), ...entries.slice(0, first)]) {
    rmSync(torrent, { force: true })
    const start = performance.now()
    execFileSync(command, args, { stdio: 'ignore' })
    const taken = seconds[name] ?? []
    taken.push((performance.now() - start) / 1000)
    seconds[name] = taken
  }
}

const rate = (name: string) => bytes / median(seconds[name] ?? []) / MB
for (const name of Object.keys(contenders)) {
  const all = (seconds[name] ?? []).map(taken => (bytes / taken / MB).toFixed(0)).join(' ')
  print(`${name}: ${rate(name).toFixed(0)} MB/s (${all})`)
}
print(`ours / mktorrent: ${(rate('tabseed create') / rate('mktorrent -t 2')).toFixed(2)}`)
print(`ours / create-torrent: ${(rate('tabseed create') / rate('create-torrent')).toFixed(2)}`)
