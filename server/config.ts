import { isIPv4 } from 'node:net'
import { parseArgs } from 'node:util'
import proxyAddr from 'proxy-addr'
import { z } from 'zod'
import type { IceConfig } from '../lib/protocol/share.ts'
import { parseByteCount } from './byte-count.ts'

/** What `--help` and docs/configuration.md say about a setting; `default` is written as an operator would. */
interface About {
  readonly description: string
  readonly example: string
  readonly default?: string
}

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine(value => value >= least && value <= most, `must be from ${least} to ${most}`)

/** A whole number of bytes, at least `least`, as `parseByteCount` reads it. */
const byteCount = (least: number) =>
  z.string().transform((text, context) => {
    const bytes = parseByteCount(text)
    if (bytes !== null && bytes >= least) return bytes
    context.addIssue(
      `must be a number of bytes, at least ${least}, with a unit such as kB, MB, GB, MiB or GiB`,
    )
    return z.NEVER
  })

const onOff = z.enum(['on', 'off'], { error: 'must be on or off' }).transform(value => value === 'on')

/** A UDP port, or a range of them. */
const portRange = z
  .string()
  .regex(/^\d{1,5}(-\d{1,5})?$/, 'must be a port or a range of ports')
  .transform(text => {
    const [first = 0, last = first] = text.split('-').map(Number)
    return { first, last }
  })
  .refine(({ first, last }) => first > 0 && first <= last && last <= 65_535, 'must be from 1 to 65535')

const commaList = z.string().transform(text =>
  text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== ''),
)

const ICE_URL = /^(stuns?|turns?):\S+$/
const TURN_URL = /^turns?:\S+$/

/** `RTCIceServer` of the WebRTC specification, without what browsers dropped. */
const iceServer = z.strictObject({
  urls: z.union([z.string().regex(ICE_URL), z.array(z.string().regex(ICE_URL)).min(1)], {
    error: 'urls must be stun:… or turn:… addresses',
  }),
  username: z.string().optional(),
  credential: z.string().optional(),
})

/** Every setting once, in the order people meet them. All values arrive as text, from a flag or the environment. */
const settings = z.object({
  port: wholeNumber(0, 65_535).meta({
    description: 'TCP port for pages, API and tracker; 0 takes any free one.',
    default: '3000',
    example: '8080',
  }),
  host: z.string().meta({
    description: 'Address to listen on. `0.0.0.0` or `::` makes Tabseed reachable from other machines.',
    default: '127.0.0.1',
    example: '0.0.0.0',
  }),
  data: z.string().meta({
    description: 'Directory of the database; made with mode 0700 when it does not exist.',
    default: './data',
    example: '/var/lib/tabseed',
  }),
  publicUrl: z
    .string()
    .refine(isOrigin, 'must be http:// or https:// and a host, without a path')
    .transform(text => new URL(text).origin)
    .optional()
    .meta({
      description:
        'Origin under which people reach this server. Links, trackers in .torrent files and magnets begin with it. Unset: taken from each request.',
      example: 'https://share.example.org',
    }),
  iceServers: z
    .string()
    .transform(parseJson)
    .pipe(z.array(iceServer, 'must be a JSON list of RTCIceServer'))
    .meta({
      description:
        'STUN and TURN servers for browsers, as a JSON list of RTCIceServer. None are needed on a LAN.',
      default: '[]',
      example: '[{"urls":"stun:stun.example.org:3478"}]',
    }),
  turnUrls: commaList.pipe(z.array(z.string().regex(TURN_URL, 'must be turn: or turns: addresses'))).meta({
    description:
      'TURN addresses, comma separated, that take time-limited credentials (coturn use-auth-secret).',
    default: '',
    example: 'turn:turn.example.org:3478,turns:turn.example.org:5349',
  }),
  turnSecret: z.string().optional().meta({
    description: "coturn's static-auth-secret. Prefer the environment: flags show in process lists.",
    example: 'a-long-random-text',
  }),
  turnTtl: wholeNumber(60, 86_400).meta({
    description: 'Seconds for which a TURN credential is good.',
    default: '3600',
    example: '1800',
  }),
  trustedProxies: commaList.refine(isProxyList, 'must be addresses or CIDR ranges').meta({
    description:
      'Addresses or CIDR ranges, comma separated, of reverse proxies whose X-Forwarded-For, -Proto and -Host count. Nobody else can forge these.',
    default: '',
    example: '127.0.0.1,10.0.0.0/8',
  }),
  webseedLimit: byteCount(16_384).optional().meta({
    description: 'Most bytes a second for all downloads over plain HTTP together. Unset: no limit.',
    example: '10MB',
  }),
  webseedPrivate: z.enum(['refuse', 'allow'], { error: 'must be refuse or allow' }).meta({
    description:
      'Whether the web seeds publishers add to their shares may be in private networks, which this server would then ask.',
    default: 'refuse',
    example: 'allow',
  }),
  seeder: onOff.meta({
    description:
      'Keep shares alive on this server: `on` or `off`. It takes disk and traffic, so it is off by default.',
    default: 'off',
    example: 'on',
  }),
  seederBudget: byteCount(1).meta({
    description: 'Bytes of disk that kept shares may take together.',
    default: '20GB',
    example: '500GB',
  }),
  seederShareMax: byteCount(1).optional().meta({
    description: 'Bytes that one kept share may take. Unset: the whole budget.',
    example: '50GB',
  }),
  seederDir: z.string().optional().meta({
    description: 'Directory of kept shares. Unset: `seeder` in the data directory.',
    example: '/srv/tabseed',
  }),
  seederPort: wholeNumber(0, 65_535).meta({
    description: 'TCP port for classic BitTorrent clients; forward it. 0 takes any free one.',
    default: '6881',
    example: '51413',
  }),
  seederAddress: z.string().refine(isIPv4, 'must be an IPv4 address').optional().meta({
    description:
      'IPv4 address at which classic clients reach the seeder. Unset: the one a client reached this server at; set it behind a proxy or a NAT.',
    example: '203.0.113.7',
  }),
  seederUdp: portRange.optional().meta({
    description:
      "UDP port, or range of ports, of the seeder's WebRTC; one port serves all peers. Unset: any.",
    example: '40000',
  }),
  seederUtp: onOff.meta({
    description: 'uTP beside TCP for classic clients. Its native part has crashed others with many peers.',
    default: 'off',
    example: 'on',
  }),
  seederDht: onOff.meta({
    description: 'Find peers of public shares by DHT and peer exchange too. This asks outside hosts.',
    default: 'off',
    example: 'on',
  }),
  seederUpload: byteCount(1).optional().meta({
    description: 'Most bytes a second that the seeder sends. Unset: no limit.',
    example: '10MB',
  }),
  seederDownload: byteCount(1).optional().meta({
    description: 'Most bytes a second that the seeder fetches. Unset: no limit.',
    example: '50MB',
  }),
  seederDays: wholeNumber(1, 36_500).optional().meta({
    description: 'Let go of a share after so many days. Unset: never.',
    example: '90',
  }),
  seederIdleDays: wholeNumber(1, 36_500).optional().meta({
    description: 'Let go of a share that nobody took anything of for so many days. Unset: never.',
    example: '14',
  }),
  seederRatio: wholeNumber(1, 1_000_000).optional().meta({
    description: 'Let go of a share when so many times its size was given. Unset: never.',
    example: '10',
  }),
  seederMemory: byteCount(1).meta({
    description: "Memory above which the seeder's process is started anew.",
    default: '1GiB',
    example: '512MiB',
  }),
  publishDir: z.string().optional().meta({
    description:
      'Directory whose files and folders are published and seeded by themselves, each under a link of its own, and taken back when they are removed. Needs the seeder.',
    example: '/srv/images',
  }),
  keepAlive: z.enum(['offer', 'always', 'never'], { error: 'must be offer, always or never' }).meta({
    description:
      'With the seeder on: `offer` lets publishers ask to keep their share alive, `always` keeps every share, `never` none of theirs.',
    default: 'offer',
    example: 'always',
  }),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'must be fatal, error, warn, info, debug, trace or silent',
    })
    .meta({
      description: 'Least severe log line to write. The log is JSON lines on stderr, without addresses.',
      default: 'info',
      example: 'debug',
    }),
})

type Settings = z.infer<typeof settings>
type SettingKey = keyof Settings

/** The checked configuration. `turn` is set when there is a TURN server to make credentials for. */
export interface Config extends Omit<Settings, 'turnUrls' | 'turnSecret' | 'turnTtl'> {
  readonly iceServers: IceConfig['iceServers']
  readonly turn:
    | { readonly urls: readonly string[]; readonly secret: string; readonly ttlSeconds: number }
    | undefined
  readonly dev: boolean
}

/** All that is wrong with the configuration, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

export interface Setting extends About {
  readonly key: SettingKey
  /** Environment variable. */
  readonly env: string
  /** Flag, without dashes. */
  readonly flag: string
}

/** Every setting with its names and description, for `--help` and docs/configuration.md. */
export const SETTINGS: readonly Setting[] = Object.entries(settings.shape).map(([key, schema]) => {
  const words = key.replace(/[A-Z]/g, letter => `_${letter}`)
  return {
    ...(schema.meta() as unknown as About),
    key: key as SettingKey,
    env: `TABSEED_${words.toUpperCase()}`,
    flag: words.replaceAll('_', '-').toLowerCase(),
  }
})

/**
 * The configuration from flags, else environment, else defaults; an empty value counts as unset.
 * Returns `'help'` when `--help` was asked for. Throws `ConfigError` with every problem at once.
 */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv): Config | 'help' {
  const { flags, dev, help, problems } = readFlags(args)
  if (help) return 'help'

  const texts: Partial<Record<SettingKey, string>> = {}
  for (const { key, flag, env: name, default: fallback } of SETTINGS) {
    const text = flags.get(flag) || env[name] || fallback
    if (text !== undefined) texts[key] = text
  }
  const parsed = settings.safeParse(texts)
  for (const setting of SETTINGS) {
    const issue = parsed.error?.issues.find(({ path }) => path[0] === setting.key)
    if (issue) problems.push(describeProblem(setting, issue.message))
  }
  if (!texts.turnUrls !== !texts.turnSecret) {
    problems.push('TABSEED_TURN_URLS and TABSEED_TURN_SECRET need each other: set both or neither')
  }
  if (texts.publishDir && texts.seeder !== 'on') {
    problems.push('TABSEED_PUBLISH_DIR needs the seeder: set TABSEED_SEEDER=on too')
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)

  const { turnUrls: urls, turnSecret: secret, turnTtl: ttlSeconds, ...rest } = parsed.data
  return { ...rest, turn: secret === undefined ? undefined : { urls, secret, ttlSeconds }, dev }
}

/** The text of `npm start -- --help`. */
export function helpText(): string {
  const lines = SETTINGS.flatMap(({ flag, env, description, default: fallback, example }) => [
    `  --${flag} <value>   ${env}${fallback ? ` (default: ${fallback})` : ''}`,
    `      ${description}`,
    `      Example: --${flag} '${example}'`,
  ])
  return [
    'Usage: npm start -- [flags]',
    '',
    'A flag wins over its environment variable.',
    '',
    ...lines,
    '  --dev',
    '      Serve pages from source, with hot reload (npm run dev).',
    '  --help',
    '      Print this and exit.',
    '',
  ].join('\n')
}

function readFlags(args: readonly string[]) {
  const options = Object.fromEntries([
    ...SETTINGS.map(({ flag }) => [flag, { type: 'string' as const }]),
    ['dev', { type: 'boolean' as const }],
    ['help', { type: 'boolean' as const }],
  ])
  // Not strict: that would stop at the first mistake, and we report them all.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const flags = new Map<string, string>()
  const problems: string[] = []
  let dev = false
  let help = false
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`"${token.value}" is not a flag; see --help`)
    if (token.kind !== 'option') continue
    const setting = SETTINGS.find(({ flag }) => token.rawName === `--${flag}`)
    if (token.rawName === '--dev') dev = true
    else if (token.rawName === '--help') help = true
    else if (setting === undefined) problems.push(`${token.rawName} is not a known flag; see --help`)
    else if (token.value === undefined) problems.push(describeProblem(setting, 'needs a value'))
    else flags.set(setting.flag, token.value)
  }
  return { flags, dev, help, problems }
}

function describeProblem({ env, flag, example }: Setting, message: string): string {
  return `${env} (--${flag}) ${message}; example: ${example}`
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
}

function isProxyList(list: readonly string[]): boolean {
  try {
    proxyAddr.compile([...list])
    return true
  } catch {
    return false
  }
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue('must be JSON')
    return z.NEVER
  }
}
