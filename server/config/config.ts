import { parseArgs } from 'node:util'
import { z } from 'zod'
import type { IceConfig } from '../../lib/protocol/share.ts'
import { addressBytes, isLoopback } from '../base/address.ts'
import { bucketSettings } from './bucket-settings.ts'
import { clusterSettings } from './cluster-settings.ts'
import { monitorSettings } from './monitor-settings.ts'
import { networkSettings } from './network-settings.ts'
import { operatorSettings } from './operator-settings.ts'
import { publishSettings } from './publish-settings.ts'
import { fileVariable, readSecret } from './secret-file.ts'
import { seederSettings } from './seeder-settings.ts'
import { shareSettings } from './share-settings.ts'
import { trackerSettings } from './tracker-settings.ts'
import { isOrigin, wholeNumber } from './values.ts'

/** What `--help` and docs/configuration.md say about a setting; `default` is in the form an operator would write. */
interface About {
  readonly description: string
  readonly example: string
  readonly default?: string
  /** A password or a key, or what may hold one: never written anywhere, and also taken from a file, see `readSecret`. */
  readonly secret?: true
}

/** Every setting once, in the order of `--help` and the documentation. All values arrive as text, from a flag or the environment. */
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
    description:
      'Directory of this server alone, with the database unless TABSEED_DATABASE names another one; created with mode 0700 when it does not exist.',
    default: './data',
    example: '/var/lib/tabseed',
  }),
  publicUrl: z
    .literal('any')
    .transform(() => undefined)
    .or(
      z
        .string()
        .refine(isOrigin, 'must be http:// or https:// and a host, without a path, or any')
        .transform(text => new URL(text).origin),
    )
    .optional()
    .meta({
      description:
        'Origin under which people reach this server. Links, trackers in .torrent files and magnets begin with it. `any` takes it from each request, as is the default on this machine alone; whoever reaches the server then chooses it, so a server that others reach should have this setting, and says so in its log without it.',
      example: 'https://share.example.org',
    }),
  ...operatorSettings,
  ...publishSettings,
  ...shareSettings,
  ...clusterSettings,
  ...networkSettings,
  ...trackerSettings,
  ...seederSettings,
  ...bucketSettings,
  ...monitorSettings,
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

/** The validated configuration. `turn` is set when there is a TURN server to create credentials for. */
export interface Config extends Omit<Settings, 'turnUrls' | 'turnSecret' | 'turnTtl'> {
  readonly iceServers: IceConfig['iceServers']
  readonly turn:
    | { readonly urls: readonly string[]; readonly secret: string; readonly ttlSeconds: number }
    | undefined
  /** Other machines may reach the server, and nobody has said at which address. */
  readonly publicUrlMissing: boolean
  /** Everybody may publish on a server with a public URL, and nobody has said that it is meant. */
  readonly publishUnstated: boolean
  readonly dev: boolean
  /** What was set, as text, by environment variable; without secrets. */
  readonly given: Readonly<Record<string, string>>
}

/** Lock of the data directory. */
export const DATA_LOCK = 'tabseed.lock'

/** Every problem of a configuration, one line each. */
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
 * Reads the configuration from flags, else the environment, else defaults; an empty value counts as unset.
 * Returns `'help'` when `--help` was asked for. Throws `ConfigError` with every problem at once.
 */
export function readConfig(args: readonly string[], env: NodeJS.ProcessEnv): Config | 'help' {
  const { flags, dev, help, problems } = readFlags(args)
  if (help) return 'help'

  const texts: Partial<Record<SettingKey, string>> = {}
  const given: Record<string, string> = {}
  for (const { key, flag, env: name, default: fallback, secret } of SETTINGS) {
    const fromEnv = secret ? readSecret(name, env, problems) : env[name]
    const text = flags.get(flag) || fromEnv || fallback
    if (text !== undefined) texts[key] = text
    if (text !== undefined && text !== fallback && !secret) given[name] = text
  }
  const parsed = settings.safeParse(texts)
  for (const setting of SETTINGS) {
    const issue = parsed.error?.issues.find(({ path }) => path[0] === setting.key)
    if (issue) problems.push(describeProblem(setting, issue.message))
  }
  if (!texts.turnUrls !== !texts.turnSecret) {
    problems.push('TABSEED_TURN_URLS and TABSEED_TURN_SECRET need each other: set both or neither')
  }
  if (texts.connect === 'relay' && !texts.turnUrls && !/"turns?:/.test(texts.iceServers ?? '')) {
    problems.push('TABSEED_CONNECT=relay needs a TURN server: set TABSEED_TURN_URLS and TABSEED_TURN_SECRET')
  }
  if (texts.publishDir && texts.seeder !== 'on') {
    problems.push('TABSEED_PUBLISH_DIR needs the seeder: set TABSEED_SEEDER=on too')
  }
  if (texts.publishDir && texts.seederToken) {
    problems.push('TABSEED_PUBLISH_DIR needs a seeder of this machine: unset TABSEED_SEEDER_TOKEN')
  }
  if (texts.bucket && !(texts.bucketKeyId && texts.bucketSecret)) {
    problems.push('TABSEED_BUCKET needs its key: set TABSEED_BUCKET_KEY_ID and TABSEED_BUCKET_SECRET')
  }
  const { expiryDefault, expiryMax } = parsed.data ?? {}
  if (expiryDefault && expiryMax && expiryDefault > expiryMax) {
    problems.push('TABSEED_EXPIRY_DEFAULT must be at most TABSEED_EXPIRY_MAX')
  }
  if (texts.publish === 'proxy' && !texts.trustedProxies) {
    problems.push('TABSEED_PUBLISH=proxy needs to know the proxy: set TABSEED_TRUSTED_PROXIES')
  }
  if (texts.publish === 'token' && !texts.operatorKey) {
    problems.push('TABSEED_PUBLISH=token needs who gives the tokens: set TABSEED_OPERATOR_KEY')
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)

  const { turnUrls: urls, turnSecret: secret, turnTtl: ttlSeconds, ...rest } = parsed.data
  return {
    ...rest,
    publicUrlMissing: texts.publicUrl === undefined && !isLocalHost(texts.host),
    publishUnstated: rest.publicUrl !== undefined && !(flags.get('publish') || env['TABSEED_PUBLISH']),
    turn: secret === undefined ? undefined : { urls, secret, ttlSeconds },
    dev,
    given,
  }
}

const isLocalHost = (host = ''): boolean => host === 'localhost' || isLoopback(addressBytes(host) ?? '')

/** The text of `npm start -- --help`. */
export function helpText(): string {
  const lines = SETTINGS.flatMap(({ flag, env, description, default: fallback, example, secret }) => [
    `  --${flag} <value>   ${env}${fallback ? ` (default: ${fallback})` : ''}`,
    `      ${description}`,
    ...(secret ? [`      Or in a file: ${fileVariable(env)}=PATH`] : []),
    `      Example: --${flag} '${example}'`,
  ])
  return [
    'Usage: npm start -- [flags]',
    '',
    'A flag takes precedence over its environment variable.',
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
  // Not strict: that would stop at the first mistake, but all are reported.
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
