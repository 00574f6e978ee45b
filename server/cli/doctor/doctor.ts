import { existsSync, readFileSync, statSync } from 'node:fs'
import { access, constants, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { webSocketUrl } from '../../../lib/base/web-socket-url.ts'
import { NOT_TRACKED } from '../../../lib/protocol/announce.ts'
import { type Config, ConfigError, readConfig } from '../../config/config.ts'
import { whyStale } from '../../pages/build.ts'
import { bytes } from '../output.ts'
import { examineNetwork } from './doctor-network.ts'
import type { Finding } from './finding.ts'

const ROOT = join(import.meta.dirname, '../../..')
const ANSWER_LIMIT_MS = 5_000
/** Bytes. SQLite needs a little; cached shares need their budget. */
const DISK_LEAST = 100e6
/** TURN credentials expire by the clock. */
const CLOCK_OFF_MAX_MS = 30_000

/** All findings: this machine under the settings that `args` and the environment give, and `server`. */
export async function examine(args: readonly string[], server: string | undefined): Promise<Finding[]> {
  const config = readSettings(args)
  const local = Array.isArray(config)
    ? config
    : [
        { name: 'settings', level: 'ok', text: 'can be read' } as const,
        await checkData(config),
        await checkDisk(config),
        await checkPort(config.host, {
          name: 'port',
          port: config.port,
          setting: 'TABSEED_PORT',
          mayBeOurs: true,
        }),
        ...(config.seeder
          ? [
              await checkPort(config.host, {
                name: 'seeder port',
                port: config.seederPort,
                setting: 'TABSEED_SEEDER_PORT',
                mayBeOurs: false,
              }),
            ]
          : []),
      ]
  const remote = server === undefined ? [] : await checkServer(server)
  return [checkNode(), ...local, checkPages(), ...remote, checkClock()]
}

function checkNode(): Finding {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules/node/package.json'), 'utf8'))
  const name = 'Node.js'
  if (process.versions.node === version) return { name, level: 'ok', text: version }
  const text = `this is ${process.versions.node}, tested is ${version}`
  return { name, level: 'warn', text, advice: 'Run npm ci, then start by npm start or npx tabseed.' }
}

function readSettings(args: readonly string[]): Config | Finding[] {
  try {
    const config = readConfig(args, process.env)
    if (config !== 'help') return config
    throw new Error('help is not among the settings')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(text => ({
      name: 'settings',
      level: 'fail',
      text,
      advice: 'The server would not start. See docs/configuration.md.',
    }))
  }
}

/** The folder itself, or the nearest one above it that exists. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path))
}

async function checkData({ data }: Config): Promise<Finding> {
  const name = 'data directory'
  const path = resolve(data)
  const there = nearest(path)
  const advice = 'Give it to the user that runs the server, or choose another with TABSEED_DATA.'
  if (!(await stat(there)).isDirectory()) return { name, level: 'fail', text: `${there} is a file`, advice }
  try {
    await access(there, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return { name, level: 'fail', text: `${there} cannot be written to`, advice }
  }
  return { name, level: 'ok', text: there === path ? path : `${path} will be made at the first start` }
}

async function checkDisk({ data, seeder, seederBudget, seederDir }: Config): Promise<Finding> {
  const name = 'disk'
  const path = seeder && seederDir !== undefined ? seederDir : data
  const { bavail, bsize } = await statfs(nearest(resolve(path)))
  const free = bavail * bsize
  const text = `${bytes(free)} free at ${resolve(path)}`
  if (free < DISK_LEAST) return { name, level: 'fail', text, advice: 'Free some space.' }
  if (!seeder || free >= seederBudget) return { name, level: 'ok', text }
  return {
    name,
    level: 'warn',
    text: `${text}, less than the seeder's budget of ${bytes(seederBudget)}`,
    advice: 'Set a smaller TABSEED_SEEDER_BUDGET, unless cached shares take part of it already.',
  }
}

interface CheckedPort {
  readonly name: string
  readonly port: number
  /** Environment variable that sets it. */
  readonly setting: string
  /** Whether a Tabseed server that is running may be what has taken it. */
  readonly mayBeOurs: boolean
}

/** Whether the port is free, or taken by a running Tabseed server, or by another program. */
async function checkPort(host: string, { mayBeOurs, name, port, setting }: CheckedPort): Promise<Finding> {
  const failure = await new Promise<NodeJS.ErrnoException | null>(done => {
    const server = createServer()
    server.once('error', done)
    server.listen(port, host, () => server.close(() => done(null)))
  })
  if (failure === null) return { name, level: 'ok', text: port === 0 ? 'any free one' : `${port} is free` }
  if (failure.code !== 'EADDRINUSE') {
    const text = `${host}, port ${port} cannot be listened on (${failure.code})`
    return {
      name,
      level: 'fail',
      text,
      advice: `See TABSEED_HOST and ${setting}; ports below 1024 need rights.`,
    }
  }
  const local = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  if (mayBeOurs && (await isOurs(`http://${local}:${port}`))) {
    return { name, level: 'ok', text: `${port}: Tabseed is running there` }
  }
  const text = `${port} is taken`
  const advice = `Choose another with ${setting}, or end what has it.`
  return { name, level: mayBeOurs ? 'fail' : 'warn', text, advice }
}

const ask = (url: string) => fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) }).catch(() => null)

async function isOurs(origin: string): Promise<boolean> {
  const answer = await ask(`${origin}/healthz`)
  const body = await answer?.json().catch(() => null)
  return answer?.ok === true && body?.status === 'ok'
}

function checkPages(): Finding {
  const reason = whyStale()
  if (reason === null) return { name: 'pages', level: 'ok', text: 'the build is current' }
  return {
    name: 'pages',
    level: 'warn',
    text: reason,
    advice: 'The next start builds them, or npm run build.',
  }
}

/** Pages and tracker of a server, as a browser and a classic client would reach them. */
async function checkServer(server: string): Promise<Finding[]> {
  const { origin } = new URL(server)
  const answer = await ask(`${origin}/healthz`)
  if (!answer?.ok) {
    const text = answer ? `${origin} answers with HTTP ${answer.status}` : `${origin} does not answer`
    return [
      { name: 'server', level: 'fail', text, advice: 'Check the address, and that the server is running.' },
    ]
  }
  return [
    { name: 'server', level: 'ok', text: `${origin} answers` },
    checkServerClock(answer.headers.get('date')),
    await checkTracker(origin),
    await checkSocket(origin),
    ...(await examineNetwork(origin)),
  ]
}

function checkServerClock(date: string | null): Finding {
  const off = Date.now() - Date.parse(date ?? '')
  const name = 'server clock'
  if (Math.abs(off) <= CLOCK_OFF_MAX_MS) return { name, level: 'ok', text: 'agrees with this machine' }
  const text = Number.isNaN(off)
    ? 'not known'
    : `${Math.round(Math.abs(off) / 1000)} s ${off > 0 ? 'behind' : 'ahead of'} this machine`
  return { name, level: 'warn', text, advice: 'Let both machines take the time from the network (NTP).' }
}

/** Our tracker refuses an unpublished share in words that no other has. */
async function checkTracker(origin: string): Promise<Finding> {
  const name = 'tracker (HTTP)'
  const nobody = '%00'.repeat(20)
  const answer = await ask(`${origin}/announce?info_hash=${nobody}&peer_id=${nobody}&port=1&left=0`)
  const text = (await answer?.text().catch(() => null)) ?? ''
  if (text.includes(NOT_TRACKED)) return { name, level: 'ok', text: 'answers' }
  const advice = 'A proxy in front of the server must pass /announce on with its query.'
  return { name, level: 'fail', text: 'does not answer as it should', advice }
}

async function checkSocket(origin: string): Promise<Finding> {
  const name = 'tracker (WebSocket)'
  const socket = new WebSocket(`${webSocketUrl(origin)}/announce`)
  const opened = await new Promise<boolean>(done => {
    const limit = setTimeout(() => done(false), ANSWER_LIMIT_MS)
    socket.onopen = () => done(true)
    socket.onerror = () => done(false)
    socket.onclose = () => clearTimeout(limit)
  })
  socket.close()
  if (opened) return { name, level: 'ok', text: 'answers' }
  const advice =
    'Browsers find each other through it: a proxy in front must pass WebSocket upgrades of /announce on.'
  return { name, level: 'fail', text: 'does not open', advice }
}

/** A clock that was never set is before the day these files were installed. */
function checkClock(): Finding {
  const installed = statSync(join(ROOT, 'package.json')).mtimeMs
  const now = new Date().toISOString()
  if (Date.now() >= installed) return { name: 'clock', level: 'ok', text: now }
  const advice = 'Let this machine take the time from the network (NTP).'
  return { name: 'clock', level: 'warn', text: `${now}, before these files were made`, advice }
}
