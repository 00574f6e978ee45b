import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How connections are made: as the client does by itself, or with RC4 alone (Message Stream Encryption). */
export type Encryption = 'usual' | 'required'

interface Job {
  /** Path of a `.torrent` that has nothing but an HTTP tracker. */
  readonly torrent: string
  /** Where the content is, or comes to. */
  readonly content: string
  /** For the client's own files. */
  readonly work: string
  readonly encryption: Encryption
}

/** A classic BitTorrent client as people run it; it takes part until its process is ended. */
export interface Client {
  readonly name: string
  /** Its version as it says itself; null where it is not installed. */
  version(): string | null
  start(job: Job): ChildProcess
}

const ROOT = join(import.meta.dirname, '../..')

const run = (command: string, args: readonly string[], cwd: string, env = {}): ChildProcess =>
  spawn(command, args, { cwd, stdio: 'ignore', env: { ...process.env, ...env }, detached: true })

/** The first line with a number that the command prints. */
function says(command: string, ...args: string[]): string | null {
  try {
    const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    return (
      text
        .split('\n')
        .find(line => /\d\.\d/.test(line))
        ?.trim() ?? null
    )
  } catch (error) {
    const { stderr = '', code } = error as { stderr?: string; code?: string }
    return code === 'ENOENT'
      ? null
      : (stderr
          .split('\n')
          .find(line => /\d\.\d/.test(line))
          ?.trim() ?? null)
  }
}

/** Ends a client and what it started. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await exited
}

export const aria2: Client = {
  name: 'aria2',
  version: () => says('aria2c', '--version'),
  start: ({ content, encryption, torrent, work }) =>
    run(
      'aria2c',
      [
        ...['--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--check-integrity=true'],
        ...['--seed-ratio=0', `--dir=${content}`],
        ...(encryption === 'required' ? ['--bt-require-crypto=true', '--bt-min-crypto-level=arc4'] : []),
        torrent,
      ],
      work,
    ),
}

const transmission: Client = {
  name: 'Transmission',
  version: () => says('transmission-cli', '--version'),
  start({ content, encryption, torrent, work }) {
    const off = ['dht', 'lpd', 'pex', 'utp', 'port-forwarding', 'rpc'].map(name => [`${name}-enabled`, false])
    const settings = { ...Object.fromEntries(off), 'peer-port-random-on-start': true }
    writeFileSync(join(work, 'settings.json'), JSON.stringify(settings))
    const options = encryption === 'required' ? ['-er'] : []
    return run('transmission-cli', [...options, '-g', work, '-w', content, '-M', torrent], work)
  },
}

const qbittorrent: Client = {
  name: 'qBittorrent',
  version: () => says('qbittorrent-nox', '--version'),
  start({ content, encryption, torrent, work }) {
    const folder = join(work, 'qBittorrent/config')
    mkdirSync(folder, { recursive: true })
    writeFileSync(
      join(folder, 'qBittorrent.conf'),
      [
        '[LegalNotice]\nAccepted=true',
        '[BitTorrent]',
        'Session\\DHTEnabled=false\nSession\\LSDEnabled=false\nSession\\PeXEnabled=false',
        `Session\\Encryption=${encryption === 'required' ? 1 : 0}`,
        '[Preferences]\nWebUI\\Address=127.0.0.1\nWebUI\\Port=0',
      ].join('\n'),
    )
    return run('qbittorrent-nox', [`--profile=${work}`, `--save-path=${content}`, torrent], work)
  },
}

const rtorrent: Client = {
  name: 'rTorrent',
  version: () => says('rtorrent', '-h'),
  start({ content, encryption, torrent, work }) {
    const settings = [
      'system.daemon.set = true',
      'dht.mode.set = disable',
      'protocol.pex.set = no',
      `directory.default.set = ${content}`,
      `session.path.set = ${work}`,
      ...(encryption === 'required' ? ['protocol.encryption.set = require,require_RC4'] : []),
      `schedule2 = load,0,0,((load.start,${torrent}))`,
    ]
    const file = join(work, 'rtorrent.rc')
    writeFileSync(file, `${settings.join('\n')}\n`)
    return run('rtorrent', ['-n', '-o', `import=${file}`], work)
  },
}

const LIBTORRENT = `
import libtorrent as lt, sys, time
torrent, content, rc4 = sys.argv[1], sys.argv[2], sys.argv[3] == 'required'
settings = {'listen_interfaces': '0.0.0.0:0', 'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False}
if rc4:
    forced, only = lt.enc_policy.forced, lt.enc_level.rc4
    settings.update({'out_enc_policy': forced, 'in_enc_policy': forced, 'allowed_enc_level': only})
session = lt.session(settings)
handle = session.add_torrent({'ti': lt.torrent_info(torrent), 'save_path': content})
while True: time.sleep(1)
`

/** Debian's Python: another one does not see the package. */
const PYTHON = '/usr/bin/python3'

const libtorrent: Client = {
  name: 'libtorrent (Python)',
  version: () =>
    existsSync(PYTHON) ? says(PYTHON, '-c', 'import libtorrent; print(libtorrent.__version__)') : null,
  start: ({ content, encryption, torrent, work }) =>
    run(PYTHON, ['-c', LIBTORRENT, torrent, content, encryption], work),
}

const WEBTORRENT = `
import WebTorrent from 'webtorrent'
const [torrent, path, secure] = process.argv.slice(1)
const off = { dht: false, lsd: false, natUpnp: false, natPmp: false, utp: false }
new WebTorrent({ ...off, secure: secure === 'required' ? 2 : 1 }).add(torrent, { path })
`

const webtorrent: Client = {
  name: 'webtorrent (Node)',
  version: () => JSON.parse(readFileSync(join(ROOT, 'node_modules/webtorrent/package.json'), 'utf8')).version,
  start: ({ content, encryption, torrent }) =>
    // Run here, where Node finds the package.
    run(
      process.execPath,
      [
        ...(encryption === 'required' ? ['--openssl-legacy-provider'] : []),
        ...['--input-type=module', '-e', WEBTORRENT, torrent, content, encryption],
      ],
      ROOT,
    ),
}

export const CLIENTS: readonly Client[] = [aria2, transmission, qbittorrent, rtorrent, libtorrent, webtorrent]
