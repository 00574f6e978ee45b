import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from '../../support/content/fixtures.ts'
import { postTorrent, publishNamed, torrentNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

/** A disk of its own, of so many MiB. */
function mountDisk(path: string, mebibytes: number): Disposable {
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'none', path])
  return { [Symbol.dispose]: () => execFileSync('umount', [path]) }
}

/** Takes all the room that is left; the name of the file. */
function fill(folder: string): string {
  const path = join(folder, 'filler')
  for (let length = 16 * 1024 * 1024; length >= 1; length = Math.floor(length / 2)) {
    try {
      writeFileSync(path, new Uint8Array(length), { flag: 'a' })
    } catch {
      // Half of it may fit.
    }
  }
  return path
}

test.skipIf(process.getuid?.() !== 0)(
  'on a full disk every change is refused with 507, what is there is served, and all goes on when there is room (needs root)',
  async () => {
    using folder = tempFolder()
    using disk = mountDisk(join(folder.path, 'disk'), 8)
    void disk
    const data = join(folder.path, 'disk', 'data')
    await using server = await startApp({ TABSEED_DATA: data })
    const before = await publishNamed(server.url, 'before')
    const share = `${server.url}/api/shares/${before.infoHash}`
    const filler = fill(data)

    const authorization = `Bearer ${before.ownerKey}`
    const answers = [
      await postTorrent(server.url, torrentNamed('too late')),
      await fetch(share, {
        method: 'PATCH',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ title: 'x'.repeat(200), description: 'y'.repeat(4000) }),
      }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(507)
      expect((await answer.json()).error).toMatchObject({
        code: 'server_full',
        message: expect.stringContaining("The server's disk is full"),
      })
    }
    expect(await (await fetch(share)).json()).toMatchObject({ title: '' })
    const lines = server
      .log()
      .split('\n')
      .filter(line => line.includes('no room on the disk of this server'))
    expect(lines).toHaveLength(2)
    expect(lines[0]).not.toContain('stack')

    rmSync(filler)
    const { infoHash } = await publishNamed(server.url, 'too late')
    expect((await fetch(`${server.url}/api/shares/${infoHash}`)).status).toBe(200)
  },
)
