import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Seconds in which a classic client must have found its peers and fetched what the tests give it. */
const LIMIT_SECONDS = 150

/** Nothing but the tracker: these tests run where no other peers are. */
const ARIA2 = [
  '--enable-dht=false',
  '--enable-dht6=false',
  '--bt-enable-lpd=false',
  '--enable-peer-exchange=false',
]

async function fetchTorrent(url: string, into: string): Promise<string> {
  mkdirSync(into, { recursive: true })
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`)
  const path = join(into, 'fetched.torrent')
  writeFileSync(path, new Uint8Array(await response.arrayBuffer()))
  return path
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** Download the `.torrent` at `url` with aria2c, which knows only TCP peers; rejects when it can't. */
export async function aria2Download(
  url: string,
  into: string,
  options: readonly string[] = [],
): Promise<void> {
  const torrent = await fetchTorrent(url, into)
  const child = spawn('aria2c', [
    ...ARIA2,
    ...options,
    '--dir',
    into,
    '--seed-time=0',
    `--bt-stop-timeout=${LIMIT_SECONDS}`,
    torrent,
  ])
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`aria2c ended with ${code}: ${output.slice(-2000)}`)
}

/** Seed what `torrent` describes from `folder` with aria2c until disposed of. */
export function aria2Seed(torrent: string, folder: string, options: readonly string[] = []): AsyncDisposable {
  const child = spawn(
    'aria2c',
    [...ARIA2, ...options, '--dir', folder, '--check-integrity=true', '--seed-ratio=0', torrent],
    { stdio: 'ignore' },
  )
  return { [Symbol.asyncDispose]: () => end(child) }
}

/** Settings for transmission-cli in `folder` under which it asks trackers and nobody else; their directory. */
function transmissionConfig(folder: string): string {
  const config = join(folder, 'config')
  const off = ['dht', 'lpd', 'pex', 'utp', 'port-forwarding', 'rpc'].map(name => [`${name}-enabled`, false])
  mkdirSync(config)
  writeFileSync(
    join(config, 'settings.json'),
    JSON.stringify({ ...Object.fromEntries(off), 'peer-port-random-on-start': true }),
  )
  return config
}

/** Seed what `torrent` describes from `folder` with transmission-cli until disposed of. */
export function transmissionSeed(torrent: string, folder: string): AsyncDisposable {
  const child = spawn(
    'transmission-cli',
    ['-g', transmissionConfig(folder), '-w', folder, '-v', '-M', torrent],
    {
      stdio: 'ignore',
    },
  )
  return { [Symbol.asyncDispose]: () => end(child) }
}

/** Download the `.torrent` at `url` with transmission-cli; rejects when it can't. */
export async function transmissionDownload(url: string, into: string): Promise<void> {
  const torrent = await fetchTorrent(url, into)
  const config = transmissionConfig(into)
  const child = spawn('transmission-cli', ['-g', config, '-w', into, '-M', torrent])
  try {
    await new Promise<void>((resolve, reject) => {
      let output = ''
      const limit = setTimeout(
        () => reject(new Error(`transmission-cli did not finish: ${output.slice(-2000)}`)),
        LIMIT_SECONDS * 1000,
      )
      child.stdout.on('data', chunk => {
        output += chunk
        if (!/Seeding, /.test(output)) return
        clearTimeout(limit)
        resolve()
      })
    })
  } finally {
    await end(child)
  }
}
