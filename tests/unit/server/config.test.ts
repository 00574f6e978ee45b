import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CONFIG_DOCS_PATH, configMarkdown } from '../../../scripts/config-docs.ts'
import { ConfigError, helpText, readConfig, SETTINGS } from '../../../server/config/config.ts'

const read = (args: readonly string[], env: Record<string, string> = {}) =>
  readConfig(args, { NODE_ENV: 'test', ...env })

function problems(args: readonly string[], env: Record<string, string> = {}): readonly string[] {
  try {
    read(args, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

function publicUrlOf(args: readonly string[]): string | undefined {
  const config = read(args)
  if (config === 'help') throw new TypeError('no --help was given')
  return config.publicUrl
}

describe('configuration', () => {
  test('has defaults for everything', () => {
    expect(read([])).toEqual({
      port: 3000,
      host: '127.0.0.1',
      diskReserve: 200_000_000,
      drainSeconds: 0,
      given: {},
      data: './data',
      publicUrl: undefined,
      publicUrlMissing: false,
      publish: 'open',
      publishUnstated: false,
      publishUserHeader: 'Remote-User',
      audience: 'link',
      listed: 'offer',
      expiryDefault: null,
      expiryMax: null,
      receive: true,
      operatorKeys: [],
      iceServers: [],
      connect: 'direct',
      trackerAccess: 'closed',
      limits: true,
      scrape: 'specific',
      trustedProxies: [],
      webseedPrivate: 'refuse',
      webseedUse: 'first',
      seeder: false,
      seederCopies: 2,
      seederBudget: 20e9,
      seederPort: 6881,
      seederUtp: false,
      seederDht: false,
      seederMemory: 2 ** 30,
      keepAlive: 'offer',
      bucketRegion: 'us-east-1',
      status: 'public',
      metrics: 'local',
      sharesBudget: 10e9,
      sharesDays: 365,
      logLevel: 'info',
      turn: undefined,
      dev: false,
    })
  })

  test('takes a flag over the environment, and an empty value for none', () => {
    const env = { TABSEED_PORT: '4000', TABSEED_HOST: '', TABSEED_PUBLIC_URL: 'https://Example.org:443/' }
    expect(read(['--port=5000', '--dev'], env)).toMatchObject({
      port: 5000,
      host: '127.0.0.1',
      publicUrl: 'https://example.org',
      dev: true,
    })
  })

  test('reads where files of a seeder are', () => {
    const env = {
      TABSEED_SEEDER_URL: 'https://Files.example.org:443/',
      TABSEED_SEEDER_INSIDE_URL: 'http://10.0.0.11:3000',
      TABSEED_SEEDER_HTTP: '[::1]:8080',
    }
    expect(read([], env)).toMatchObject({
      seederUrl: 'https://files.example.org',
      seederInsideUrl: 'http://10.0.0.11:3000',
      seederHttp: { host: '::1', port: 8080 },
    })
    for (const at of ['8080', ':8080', '127.0.0.1', '127.0.0.1:0', '127.0.0.1:65536', 'a b:1', '[x]:1'])
      expect(() => read(['--seeder-http', at]), at).toThrow('TABSEED_SEEDER_HTTP')
    for (const url of ['files.example.org', 'ftp://a', 'https://a/w/', 'https://u:p@a', 'https://a?b'])
      expect(() => read(['--seeder-url', url]), url).toThrow('TABSEED_SEEDER_URL')
  })

  test('reads lists and TURN', () => {
    const env = {
      TABSEED_ICE_SERVERS: '[{"urls":["stun:a:1","turn:b"],"username":"u","credential":"c"}]',
      TABSEED_TURN_URLS: 'turn:x, turns:y:5349 ,',
      TABSEED_TURN_SECRET: 's',
      TABSEED_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8, fd00::/8',
    }
    expect(read([], env)).toMatchObject({
      iceServers: [{ urls: ['stun:a:1', 'turn:b'], username: 'u', credential: 'c' }],
      turn: { urls: ['turn:x', 'turns:y:5349'], secret: 's', ttlSeconds: 3600 },
      trustedProxies: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'],
    })
  })

  test.each(['0.0.0.0', '::', '192.168.1.5', 'example.org'])(
    'misses the public address where others are let in: %s',
    host => {
      expect(read(['--host', host])).toMatchObject({ publicUrlMissing: true })
      for (const url of ['https://share.example.org', 'any']) {
        expect(read(['--host', host, '--public-url', url])).toMatchObject({ publicUrlMissing: false })
      }
      expect(publicUrlOf(['--host', host, '--public-url', 'any'])).toBeUndefined()
    },
  )

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('takes it from requests at %s', host => {
    expect(publicUrlOf(['--host', host])).toBeUndefined()
    expect(read(['--host', host])).toMatchObject({ publicUrlMissing: false })
  })

  test('keeps shares for ever where that is asked for', () => {
    expect(read([], { TABSEED_SHARES_DAYS: 'never' })).toMatchObject({ sharesDays: null })
    expect(problems([], { TABSEED_SHARES_DAYS: '0' })).toHaveLength(1)
  })

  test.each([
    ['65536', 65_536],
    ['500 kB', 500_000],
    ['10MB', 10_000_000],
    ['1.5g', 1_500_000_000],
    ['16KiB', 16_384],
    ['2Mi', 2_097_152],
  ])('reads %s as bytes', (text, bytes) => {
    expect(read([], { TABSEED_WEBSEED_LIMIT: text })).toMatchObject({ webseedLimit: bytes })
  })

  test.each(['0', '16383', '-1MB', '10MB/s', '1e9', 'ten', '10 PB', '9999999TB', '0.1'])(
    'refuses %s as a limit',
    text => expect(problems([], { TABSEED_WEBSEED_LIMIT: text })).toHaveLength(1),
  )

  test('lists every problem at once, by name and with an example', () => {
    const found = problems(['--prot', '1', '--port', '70000', '--host'], {
      TABSEED_PUBLIC_URL: 'https://example.org/path',
      TABSEED_ICE_SERVERS: '{',
      TABSEED_TURN_URLS: 'http://x',
      TABSEED_TURN_TTL: '1.5',
      TABSEED_TRUSTED_PROXIES: '10.0.0.0/99',
      TABSEED_LOG_LEVEL: 'loud',
    })
    for (const name of [
      '--prot',
      '--host',
      'TABSEED_PORT',
      'TABSEED_PUBLIC_URL',
      'TABSEED_ICE_SERVERS',
      'TABSEED_TURN_URLS',
      'TABSEED_TURN_SECRET',
      'TABSEED_TURN_TTL',
      'TABSEED_TRUSTED_PROXIES',
      'TABSEED_LOG_LEVEL',
    ]) {
      expect(found.join('\n')).toContain(name)
    }
    expect(found.find(problem => problem.includes('TABSEED_PORT'))).toMatch(/from 0 to 65535; example: 8080$/)
  })

  test.each([
    ['[1]'],
    ['{"urls":"stun:x"}'],
    ['[{"urls":"https://x"}]'],
    ['[{"urls":[]}]'],
    ['[{"url":"stun:x"}]'],
  ])('refuses the ICE servers %s', text => {
    expect(problems([], { TABSEED_ICE_SERVERS: text })).toHaveLength(1)
  })

  test('knows who publishes, and whether that was said', () => {
    const url = ['--public-url', 'https://share.example.org']
    expect(read(url)).toMatchObject({ publish: 'open', publishUnstated: true })
    expect(read([...url, '--publish', 'open'])).toMatchObject({ publish: 'open', publishUnstated: false })
    expect(problems([], { TABSEED_PUBLISH: 'proxy' })).toEqual([
      'TABSEED_PUBLISH=proxy needs to know the proxy: set TABSEED_TRUSTED_PROXIES',
    ])
    expect(problems([], { TABSEED_PUBLISH: 'token' })).toEqual([
      'TABSEED_PUBLISH=token needs who gives the tokens: set TABSEED_OPERATOR_KEY',
    ])
  })

  test('reads how long shares last', () => {
    expect(read(['--expiry-default', '12h', '--expiry-max', '30d'])).toMatchObject({
      expiryDefault: 43_200,
      expiryMax: 2_592_000,
    })
    for (const wrong of ['0h', '366d', '30m', '1', 'soon'])
      expect(problems(['--expiry-max', wrong]), wrong).toHaveLength(1)
    expect(problems(['--expiry-default', '31d', '--expiry-max', '30d'])).toEqual([
      'TABSEED_EXPIRY_DEFAULT must be at most TABSEED_EXPIRY_MAX',
    ])
  })

  test('reads a bucket, which needs its key', () => {
    const bucket = { TABSEED_BUCKET: 'https://s3.example.org/tabseed' }
    expect(problems([], bucket)).toEqual([
      'TABSEED_BUCKET needs its key: set TABSEED_BUCKET_KEY_ID and TABSEED_BUCKET_SECRET',
    ])
    const key = { TABSEED_BUCKET_KEY_ID: 'id', TABSEED_BUCKET_SECRET: 'secret' }
    const read1 = read(['--bucket-public-url', 'https://cdn.example.org/x/'], { ...bucket, ...key })
    expect(read1).toMatchObject({ bucketPublicUrl: 'https://cdn.example.org/x' })
    expect(JSON.stringify((read1 as { given: object }).given)).not.toMatch(/secret|"id"/)
    for (const wrong of [
      's3.example.org/b',
      'https://s3.example.org',
      'https://a:b@s3.example.org/tabseed',
      'https://s3.example.org/a/b',
      'https://s3.example.org/tabseed?x',
    ])
      expect(problems([], { ...key, TABSEED_BUCKET: wrong }), wrong).toHaveLength(1)
  })

  test('has examples that are valid', () => {
    const env = Object.fromEntries(SETTINGS.map(({ env: name, example }) => [name, example]))
    const { TABSEED_PUBLISH_DIR: _, ...remote } = env
    const { TABSEED_SEEDER_TOKEN: __, ...local } = env
    expect(problems([], remote)).toEqual([])
    expect(problems([], local)).toEqual([])
    expect(problems([], env)).toEqual([
      'TABSEED_PUBLISH_DIR needs a seeder of this machine: unset TABSEED_SEEDER_TOKEN',
    ])
  })

  test('explains every setting in --help and in docs/configuration.md', () => {
    expect(read(['--help', '--nonsense'])).toBe('help')
    for (const { env, flag } of SETTINGS) {
      expect(helpText()).toContain(env)
      expect(helpText()).toContain(`--${flag} `)
    }
    expect(readFileSync(CONFIG_DOCS_PATH, 'utf8'), 'run: node scripts/config-docs.ts').toBe(configMarkdown())
  })
})
