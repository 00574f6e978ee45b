import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { noise, tempFolder, writeTree } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

let server: TestApp
const folder = tempFolder()
const state = join(folder.path, 'state')
const KEYS = join(state, 'tabseed', 'owner-keys.json')

beforeAll(async () => {
  server = await startApp({ TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0' })
})
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const start = (...args: string[]) =>
  startCommand(folder.path, [process.execPath, LAUNCHER, ...args], {
    XDG_STATE_HOME: state,
    TABSEED_SERVER: server.url,
  })
const tabseed = (...args: string[]) => start(...args).ended

let files = 0
function newFile(): string {
  files += 1
  writeTree(folder.path, { [`file-${files}.bin`]: noise(100_000, files) })
  return `file-${files}.bin`
}

/** Shares a file until its link is there, then Ctrl-C; the link, and all that was said. */
async function share(file: string, ...args: string[]) {
  const child = start('share', ...args, file)
  const link = await child.says(/^(http\S+)\n/)
  child.kill('SIGINT')
  return { link, ...(await child.ended) }
}

const shareAt = async (link: string) => {
  const response = await fetch(`${server.url}/api/shares/${link.slice(-40)}`)
  return { status: response.status, ...(await response.json()) }
}

describe('the owner key', () => {
  test('of each share is kept in a file for the user alone, also of several at once', async () => {
    const shared = await Promise.all([newFile(), newFile(), newFile()].map(file => share(file)))
    expect(statSync(KEYS).mode & 0o777).toBe(0o600)
    const { shares } = JSON.parse(readFileSync(KEYS, 'utf8'))
    for (const { code, link, stderr } of shared) {
      expect(code).toBe(130)
      expect(stderr).toContain(KEYS)
      const kept = shares.find(({ infoHash }: { infoHash: string }) => link.endsWith(infoHash))
      const answer = await fetch(`${server.url}/api/shares/${link.slice(-40)}/web-seeds`, {
        headers: { authorization: `Bearer ${kept.ownerKey}` },
      })
      expect(answer.status).toBe(200)
    }
  })

  test('lets the same files be shared again: the same link, its title set, kept alive, exit code 0', async () => {
    const file = newFile()
    const first = await share(file, '--title', 'First')
    expect(await shareAt(first.link)).toMatchObject({ title: 'First', listed: false })
    const again = await tabseed('share', '--title', 'Second', '--listed', '--keep-alive', file)
    expect(again.code, again.stderr).toBe(0)
    expect(again.stdout).toBe(`${first.link}\n`)
    expect(await shareAt(first.link)).toMatchObject({ title: 'Second', listed: true })
    const unlisted = await tabseed('share', '--unlisted', '-k', '--json', file)
    expect(unlisted.code, unlisted.stderr).toBe(0)
    expect(JSON.parse(unlisted.stdout)).toMatchObject({ link: first.link, isNew: false })
    expect(await shareAt(first.link)).toMatchObject({ title: 'Second', listed: false })
  })

  test('that somebody else has leaves their title, and says so; the same link', async () => {
    const file = newFile()
    const first = await share(file, '--title', 'Theirs')
    writeFileSync(KEYS, '{"shares":[]}')
    const again = await share(file, '--title', 'Mine')
    expect(again.link).toBe(first.link)
    expect(again.stderr).toContain('published before by somebody else, whose title it keeps')
    expect((await shareAt(first.link)).title).toBe('Theirs')
    const own = await share(file, '--title', 'Mine', '--own-link')
    expect(own.link).not.toBe(first.link)
    expect((await shareAt(own.link)).title).toBe('Mine')
    const kept = await tabseed('share', '-k', file)
    expect(kept.code).toBe(1)
    expect(kept.stderr).toContain('Only who published this share can change it')
  })

  test('is shown when it cannot be kept, and a damaged file is put aside', async () => {
    writeFileSync(KEYS, '{"shares":')
    const { link, stderr } = await share(newFile())
    expect(stderr).toContain(`${KEYS} is damaged; it is ${KEYS}.broken-`)
    expect((await tabseed('unshare', link)).code).toBe(0)

    writeTree(folder.path, { 'blocked/tabseed': 'a file' })
    const child = startCommand(folder.path, [process.execPath, LAUNCHER, 'share', newFile()], {
      XDG_STATE_HOME: join(folder.path, 'blocked'),
      TABSEED_SERVER: server.url,
    })
    await child.says(/^(http\S+)\n/)
    child.kill('SIGINT')
    expect((await child.ended).stderr).toMatch(
      /the owner key cannot be kept \(.*EEXIST.*\); it is [\w-]{43}\n/,
    )
  })
})

describe('unshare', () => {
  test('deletes what was shared from here, by any form of its address, and forgets the key', async () => {
    const [one, two] = [await share(newFile()), await share(newFile())]
    const { code, stderr, stdout } = await tabseed('unshare', one.link, `${two.link.slice(-40)}`)
    expect(code, stderr).toBe(0)
    expect(stdout).toBe(`deleted ${one.link}\ndeleted ${two.link.slice(-40)}\n`)
    for (const { link } of [one, two]) {
      expect((await shareAt(link)).status).toBe(404)
      expect(readFileSync(KEYS, 'utf8')).not.toContain(link.slice(-40))
    }
  })

  test('goes on after one that it cannot delete, which is named; exit code 1', async () => {
    const mine = await share(newFile())
    const other = await publishNamed(server.url, 'not mine')
    const { code, stderr, stdout } = await tabseed('unshare', '--json', other.share.links.page, mine.link)
    expect(code).toBe(1)
    const { deleted, failed } = JSON.parse(stdout)
    expect(deleted).toEqual([mine.link])
    expect(failed).toEqual([
      { link: other.share.links.page, error: expect.objectContaining({ code: 'owner_key_missing' }) },
    ])
    expect(stderr).toContain(other.share.links.page)
    expect((await shareAt(other.infoHash)).status).toBe(200)

    expect((await tabseed('unshare', '--owner-key', 'wrong-key', other.infoHash)).stderr).toContain(
      'owner key',
    )
    expect((await tabseed('unshare', '--owner-key', other.ownerKey, other.infoHash)).code).toBe(0)
    expect((await shareAt(other.infoHash)).status).toBe(404)
  })
})

describe('edit', () => {
  test('changes title, description and listing of what was shared from here', async () => {
    const { link } = await share(newFile())
    const edited = await tabseed(
      'edit',
      link,
      '--title',
      'New',
      '--description',
      'Words',
      '--unlisted',
      '--json',
    )
    expect(edited.code, edited.stderr).toBe(0)
    expect(JSON.parse(edited.stdout)).toMatchObject({
      link,
      title: 'New',
      description: 'Words',
      listed: false,
    })
    expect(await shareAt(link)).toMatchObject({ title: 'New', description: 'Words', listed: false })
    expect((await tabseed('edit', link, '--listed', '--title', '')).stdout).toBe(`${link}\n`)
    expect(await shareAt(link)).toMatchObject({ title: '', description: 'Words', listed: true })
  })

  test('without a change, or with two that contradict each other, is wrong usage', async () => {
    const { infoHash } = await publishNamed(server.url, 'unchanged')
    expect((await tabseed('edit', infoHash)).code).toBe(2)
    expect((await tabseed('edit', infoHash, '--listed', '--unlisted')).code).toBe(2)
  })
})

describe('Ctrl-C after the result', () => {
  test.each(['share', 'seed'])('leaves the one object of %s as it is, exit code 130', async command => {
    const child = start(
      command,
      '--json',
      ...(command === 'seed' ? ['-a', server.announceUrl] : []),
      newFile(),
    )
    await child.says(/^(\{.*\})\n/)
    child.kill('SIGINT')
    const { code, stdout } = await child.ended
    expect(code).toBe(130)
    const { error, infoHash } = JSON.parse(stdout)
    expect(error).toBeUndefined()
    expect(infoHash).toMatch(/^[0-9a-f]{40}$/)
  })
})
