import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { probeIceServer } from '../../../server/cli/doctor/stun-client.ts'
import { tempFolder } from '../content/fixtures.ts'
import { freePort } from '../server/free-port.ts'

export interface Coturn extends AsyncDisposable {
  readonly port: number
}

/** coturn on loopback, with credentials by `secret` and further lines of its configuration; resolves once it answers. */
export async function startCoturn(secret: string, ...lines: readonly string[]): Promise<Coturn> {
  const folder = tempFolder()
  const config = join(folder.path, 'turnserver.conf')
  const port = await freePort()
  writeFileSync(
    config,
    [
      'listening-ip=127.0.0.1',
      'relay-ip=127.0.0.1',
      `listening-port=${port}`,
      'use-auth-secret',
      `static-auth-secret=${secret}`,
      'realm=test',
      'no-cli',
      'no-tls',
      'no-dtls',
      `pidfile=${join(folder.path, 'pid')}`,
      `userdb=${join(folder.path, 'turndb')}`,
      'log-file=stdout',
      ...lines,
    ].join('\n'),
  )
  const coturn = spawn('turnserver', ['-c', config], { stdio: 'ignore' })
  const ended = new Promise<void>(resolve => coturn.once('exit', () => resolve()))
  const stop = async () => {
    coturn.kill('SIGKILL')
    await ended
    folder[Symbol.dispose]()
  }
  try {
    await vi.waitFor(async () => expect(await probeIceServer(`stun:127.0.0.1:${port}`)).toBe(null), {
      timeout: 20_000,
    })
  } catch (reason) {
    await stop()
    throw reason
  }
  return { port, [Symbol.asyncDispose]: stop }
}
