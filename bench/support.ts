import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { rolldown } from 'rolldown'

export const MB = 1e6

const root = join(import.meta.dirname, '..')

/** `specifier` of a dependency as one browser module; `path` is asked for by Node-only branches that never run. */
export async function bundle(input: string): Promise<string> {
  const build = await rolldown({
    input: join(root, 'node_modules', input),
    platform: 'browser',
    plugins: [
      {
        name: 'no-path',
        resolveId: id => (id === 'path' ? '\0path' : null),
        load: id => (id === '\0path' ? 'export default {}' : null),
      },
    ],
  })
  const { output } = await build.generate({ format: 'esm' })
  return output[0].code
}

/** The peers we are compared with, as a page of their own on 127.0.0.1: stock parts, nothing of ours. */
export async function servePeers(): Promise<{ readonly url: string; close(): void }> {
  const files: Record<string, { readonly type: string; readonly body: string | Buffer }> = {
    '/': { type: 'text/html', body: '<!doctype html><title>peers</title><input type="file" multiple>' },
    '/webtorrent.js': {
      type: 'text/javascript',
      body: readFileSync(join(root, 'node_modules/webtorrent/dist/webtorrent.min.js')),
    },
    '/create-torrent.js': {
      type: 'text/javascript',
      body: await bundle('create-torrent/index.js'),
    },
    '/simple-peer.js': {
      type: 'text/javascript',
      body: readFileSync(join(root, 'node_modules/simple-peer/simplepeer.min.js')),
    },
  }
  const server = createServer((request, response) => {
    const file = files[request.url ?? '']
    response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

/** A stock bittorrent-tracker that anybody may announce to, in a process of its own; ours takes published shares only. */
export async function startOpenTracker(): Promise<{ readonly url: string; stop(): void }> {
  const command = join(root, 'node_modules/bittorrent-tracker/bin/cmd.js')
  const child = spawn(process.execPath, [command, '--ws', '--port', '0', '--http-hostname', '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /ws:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port !== undefined) return { url: `ws://127.0.0.1:${port}`, stop: () => child.kill() }
  }
  throw new Error('the stock tracker did not start')
}

/** CPU seconds, user and system, that the processes below `pid` (itself included) have used so far. Linux only. */
export function cpuSeconds(pid: number): number {
  const ticksPerSecond = 100
  const stats = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ')
        return [
          { pid: Number(name), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) },
        ]
      } catch {
        return [] // it ended while we looked
      }
    })
  const family = new Set([pid])
  for (let grown = -1; grown !== family.size; ) {
    grown = family.size
    for (const process of stats) if (family.has(process.parent)) family.add(process.pid)
  }
  return (
    stats.filter(process => family.has(process.pid)).reduce((sum, process) => sum + process.ticks, 0) /
    ticksPerSecond
  )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}

export const print = (line: string): boolean => process.stdout.write(`${line}\n`)

/** The number below which `part` (0 to 1) of `numbers` are; NaN of none. */
export const percentile = (numbers: readonly number[], part: number): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * part)] ?? Number.NaN
