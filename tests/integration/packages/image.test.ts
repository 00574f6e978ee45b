import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeImage } from '../../../scripts/package-image.ts'
import { startCommand } from '../../support/clients/cli.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { freePort } from '../../support/server/free-port.ts'

/** The part of an OCI runtime configuration that is looked at. */
interface RuntimeConfig {
  readonly process: {
    readonly user: { readonly uid: number; readonly gid: number }
    readonly env: readonly string[]
    readonly args: readonly string[]
    readonly cwd: string
  }
}

// It installs a Debian and all packages: minutes.
describe('the OCI image', { tags: 'long' }, () => {
  const folder = tempFolder()
  const at = (name: string) => join(folder.path, name)
  const root = at('bundle/rootfs')
  let config: RuntimeConfig

  beforeAll(() => {
    const archive = makeImage()
    mkdirSync(at('layout'))
    execFileSync('tar', ['xf', archive, '-C', at('layout')])
    execFileSync('umoci', ['unpack', '--image', `${at('layout')}:tabseed`, at('bundle')])
    config = JSON.parse(readFileSync(at('bundle/config.json'), 'utf8'))
    mkdirSync(at('data'))
    chownSync(at('data'), config.process.user.uid, config.process.user.gid)
  }, 600_000)
  afterAll(() => folder[Symbol.dispose]())

  /** A container of the image as a runtime makes it: its own mounts, a root that is read-only, one volume. */
  async function start(port: number) {
    const { args, cwd, env, user } = config.process
    const script = [
      'set -e',
      `mount --bind ${root} ${root}`,
      `mount --bind ${at('data')} ${root}/data`,
      `mount -t tmpfs tmpfs ${root}/tmp`,
      `mount -t proc proc ${root}/proc`,
      `mount --rbind /dev ${root}/dev`,
      `mount -o remount,bind,ro ${root}`,
      `cd ${root}`,
      `exec chroot --userspec=${user.uid}:${user.gid} ${root} /usr/bin/env -i -C ${cwd} "$@"`,
    ].join('\n')
    const container = startCommand(folder.path, [
      'unshare',
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      ...env,
      `TABSEED_PORT=${port}`,
      ...args,
    ])
    const url = await container.says(/^Tabseed is at (\S+)$/m)
    const stop = () => {
      container.kill('SIGTERM')
      return container.ended
    }
    return { url, stop }
  }

  test('runs as nobody in particular, with nothing to write to but its volume, and finds it again', async () => {
    expect(config.process.user).toMatchObject({ uid: 1000, gid: 1000 })
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    const first = await start(port)
    const ready = await fetch(`${url}/readyz`)
    expect(ready.status).toBe(200)
    const { infoHash } = await publishNamed(url, 'of a container')
    expect((await first.stop()).code).toBe(0)
    const second = await start(port)
    expect(await (await fetch(`${url}/d/${infoHash}`)).text()).toContain('of a container')
    expect((await second.stop()).code).toBe(0)
  }, 120_000)
})
