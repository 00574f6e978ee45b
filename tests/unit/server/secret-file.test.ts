import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Config, ConfigError, helpText, readConfig, SETTINGS } from '../../../server/config/config.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const KEY = 'the-key-of-the-operator'

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig([], env as unknown as NodeJS.ProcessEnv)
    return []
  } catch (reason) {
    if (reason instanceof ConfigError) return reason.problems
    throw reason
  }
}

test('every secret may be in a file', () => {
  using folder = tempFolder()
  const file = (name: string, content: string) => {
    writeFileSync(join(folder.path, name), content)
    return join(folder.path, name)
  }
  const env = {
    NODE_ENV: 'test' as const,
    TABSEED_OPERATOR_KEY_FILE: file('operator', `${KEY}\n`),
    TABSEED_TURN_SECRET_FILE: file('turn', 'of coturn\r\n'),
    TABSEED_TURN_URLS: 'turn:turn.example.org:3478',
    TABSEED_SEEDER_TOKEN_FILE: file('seeder', 'of-both-machines-1'),
    TABSEED_ICE_SERVERS_FILE: file('ice', '[{"urls":"stun:stun.example.org:3478"}]\n'),
    TABSEED_DATABASE_FILE: file('database', 'postgres://tabseed:secret@127.0.0.1/tabseed\n'),
    TABSEED_REDIS_FILE: file('redis', 'redis://:secret@127.0.0.1\n'),
    TABSEED_BUCKET_KEY_ID_FILE: file('key-id', 'the id\n'),
    TABSEED_BUCKET_SECRET_FILE: file('bucket', 'of the bucket\n'),
    TABSEED_OPERATOR_KEYS_FILE: file('operators', `ann:${KEY}-of-ann`),
  }
  const config = readConfig([], env) as Config
  expect(config).toMatchObject({
    operatorKey: KEY,
    turn: { secret: 'of coturn' },
    seederToken: 'of-both-machines-1',
    database: 'postgres://tabseed:secret@127.0.0.1/tabseed',
    redis: 'redis://:secret@127.0.0.1',
    bucketKeyId: 'the id',
    bucketSecret: 'of the bucket',
    iceServers: [{ urls: 'stun:stun.example.org:3478' }],
  })
  expect(JSON.stringify(config.operatorKeys)).toContain('ann')
  const secrets = SETTINGS.filter(({ secret }) => secret).map(({ env }) => `${env}_FILE`)
  expect(
    Object.keys(env)
      .filter(name => name.endsWith('_FILE'))
      .sort(),
  ).toEqual(secrets.sort())
  for (const name of secrets) expect(helpText()).toContain(name)
  // What is kept for backups has none of them.
  expect(config.given).toEqual({ TABSEED_TURN_URLS: 'turn:turn.example.org:3478' })
})

test('a flag wins over the file', () => {
  using folder = tempFolder()
  const path = join(folder.path, 'key')
  writeFileSync(path, KEY)
  const env = { NODE_ENV: 'test' as const, TABSEED_OPERATOR_KEY_FILE: path }
  const config = readConfig(['--operator-key', 'another-key-of-the-operator'], env) as Config
  expect(config.operatorKey).toBe('another-key-of-the-operator')
})

test('a file that cannot be the secret is a problem of the configuration, which does not show its content', () => {
  using folder = tempFolder()
  const path = join(folder.path, 'key')
  const file = { TABSEED_OPERATOR_KEY_FILE: path }
  expect(problemsOf(file)).toEqual([
    `TABSEED_OPERATOR_KEY_FILE names a file that cannot be read: ${path}: no such file or directory (ENOENT)`,
  ])
  expect(problemsOf({ TABSEED_OPERATOR_KEY_FILE: folder.path })).toEqual([
    expect.stringMatching(/cannot be read: .*EISDIR/),
  ])
  writeFileSync(path, '\n')
  expect(problemsOf(file)).toEqual([`TABSEED_OPERATOR_KEY_FILE names an empty file: ${path}`])
  writeFileSync(path, 'x'.repeat(100_000))
  expect(problemsOf(file)).toEqual([
    `TABSEED_OPERATOR_KEY_FILE names a file that is too large for a secret: ${path}`,
  ])
  writeFileSync(path, 'a key with blanks')
  expect(problemsOf(file).join()).toContain('TABSEED_OPERATOR_KEY')
  expect(problemsOf(file).join()).not.toContain('blanks')
  expect(problemsOf({ ...file, TABSEED_OPERATOR_KEY: KEY })).toEqual([
    'TABSEED_OPERATOR_KEY_FILE and TABSEED_OPERATOR_KEY are both set: set one of them',
  ])
})
