import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createdTokenSchema, publishTokensSchema } from '../../../lib/protocol/publishing.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { noise, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const KEY = 'operator-key-0123456789'

let server: TestApp
const folder = tempFolder()
beforeAll(async () => {
  server = await startApp({ TABSEED_PUBLISH: 'token', TABSEED_OPERATOR_KEY: KEY })
  writeTree(folder.path, Object.fromEntries([1, 2, 3].map(seed => [`${seed}.bin`, noise(50_000, seed)])))
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const start = (env: Record<string, string>, ...args: string[]) =>
  startCommand(folder.path, [process.execPath, LAUNCHER, ...args], {
    XDG_STATE_HOME: join(folder.path, 'state'),
    TABSEED_SERVER: server.url,
    ...env,
  })
const operator = (...args: string[]) => start({ TABSEED_OPERATOR_KEY: KEY }, 'admin', ...args).ended
const tabseed = (...args: string[]) => start({}, ...args).ended

async function make(...args: string[]) {
  const { code, stderr, stdout } = await operator('token', 'create', '--json', ...args)
  expect(code, stderr).toBe(0)
  return createdTokenSchema.parse(JSON.parse(stdout))
}

/** Shares until there is a link, then ends. */
async function share(env: Record<string, string>, ...args: string[]) {
  const child = start(env, 'share', ...args)
  const link = await child.says(/^(http\S+)\n/)
  child.kill('SIGINT')
  await child.ended
  return link
}

test('a token that the operator made publishes, as a flag, in the environment and in a file', async () => {
  const { stdout, stderr } = await operator('token', 'create', '--shares', '5', '--days', '3', 'Ada')
  const token = stdout.trim()
  expect(token).toMatch(/^tst_[\w-]{43}$/)
  expect(stderr).not.toContain(token)
  writeFileSync(join(folder.path, 'token'), `${token}\n`)

  const links = [
    await share({}, '--token', token, '1.bin'),
    await share({ TABSEED_TOKEN: token }, '2.bin'),
    await share({}, '--token-file', 'token', '3.bin'),
  ]
  expect(new Set(links).size).toBe(3)
  const listed = await operator('token', 'list')
  expect(listed.stdout).toMatch(
    /^[0-9a-f]{12} {2}active {3}3 of 5 shares, 0 B kept, until \d{4}-\d\d-\d\d {2}Ada$/m,
  )
  expect(listed.stdout).not.toContain(token)
})

test('one that is revoked publishes nothing more, which is said before files are hashed', async () => {
  const { secret, token } = await make('Bob')
  const revoked = await operator('token', 'revoke', token.id)
  expect(revoked).toMatchObject({ code: 0, stdout: `revoked ${token.id}\n` })
  const refused = await tabseed('share', '--token', secret ?? '', '1.bin')
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toContain('withdrawn')
  expect(refused.stderr).not.toContain('hashing')
  const { tokens } = publishTokensSchema.parse(JSON.parse((await operator('token', 'list', '--json')).stdout))
  expect(tokens.find(({ id }) => id === token.id)?.state).toBe('revoked')
})

test('an invitation is printed as a link, which is no token for a shell', async () => {
  const { link, secret } = await make('--invitation', 'Carol')
  expect(secret).toBeNull()
  expect(link).toMatch(/^http:\/\/[\w.:]+\/#invite=tsi_[\w-]{43}$/)
  const refused = await tabseed('share', '--token', link ?? '', '1.bin')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('ask for a token')
})

describe('bad calls', () => {
  test('without a token it is said where it comes from', async () => {
    const { code, stderr } = await tabseed('share', '1.bin')
    expect(code).toBe(1)
    expect(stderr).toContain('TABSEED_TOKEN')
  })

  test.each([
    [2, ['share', '--token', 'a', '--token-file', 'b', '1.bin'], 'not both'],
    [2, ['share', '--token', 'no spaces', '1.bin'], 'characters'],
    [1, ['share', '--token-file', 'missing', '1.bin'], 'missing'],
    [1, ['share', '--token', `tst_${'x'.repeat(43)}`, '1.bin'], 'no token of this server'],
    [2, ['admin'], 'admin token create'],
    [2, ['admin', 'token', 'destroy'], 'admin token create'],
    [2, ['admin', 'token', 'create', 'x'], "operator's key"],
    [2, ['admin', 'token', 'create', '--days', '0', 'x'], '--days'],
    [2, ['admin', 'token', 'create'], 'NAME'],
  ])('%i: %j', async (code, args, said) => {
    const ended = await tabseed(...args)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toContain(said)
  })

  test('a wrong operator key makes nothing', async () => {
    const env = { TABSEED_OPERATOR_KEY: 'wrong-key-0123456789' }
    const { code, stderr } = await start(env, 'admin', 'token', 'create', 'x').ended
    expect(code).toBe(1)
    expect(stderr).toContain('operator')
  })

  test('tabseed admin --help names what there is', async () => {
    expect(await tabseed('admin', '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('tabseed admin token list\n'),
    })
  })
})
