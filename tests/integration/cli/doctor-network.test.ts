import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { examineNetwork } from '../../../server/cli/doctor/doctor-network.ts'
import { probeIceServer } from '../../../server/cli/doctor/stun-client.ts'
import { iceConfig } from '../../../server/http/ice.ts'
import { seederPid } from '../../support/clients/node-publisher.ts'
import { type Coturn, startCoturn } from '../../support/net/coturn.ts'
import { startApp } from '../../support/server/app.ts'
import { freePort } from '../../support/server/free-port.ts'

const SECRET = 'doctor'
let coturn: Coturn
let port: number

const credentials = (secret: string, now = new Date()) => {
  const turn = { urls: ['turn:x'], secret, ttlSeconds: 600 }
  const [server] = iceConfig(
    { webseedUse: 'first', connect: 'direct', iceServers: [], turn },
    now,
    'test',
  ).iceServers
  return { username: server?.username ?? '', credential: server?.credential ?? '' }
}

beforeAll(async () => {
  coturn = await startCoturn(SECRET)
  port = coturn.port
})
afterAll(() => coturn[Symbol.asyncDispose]())

describe('STUN and TURN servers', () => {
  test('that answer are found well, over UDP and TCP', async () => {
    const given = credentials(SECRET)
    expect(await probeIceServer(`turn:127.0.0.1:${port}`, given)).toBe(null)
    expect(await probeIceServer(`turn:127.0.0.1:${port}?transport=tcp`, given)).toBe(null)
  })

  test('with another secret, or credentials that ended, refuse', async () => {
    const refused = 'it refuses our credentials'
    expect(await probeIceServer(`turn:127.0.0.1:${port}`, credentials('another'))).toBe(refused)
    expect(await probeIceServer(`turn:127.0.0.1:${port}`, credentials(SECRET, new Date(0)))).toBe(refused)
  })

  test('that are not there, or are something else, are named', async () => {
    expect(await probeIceServer('stun:127.0.0.1:9')).toBe('it does not answer (UDP)')
    expect(await probeIceServer('turn:127.0.0.1:9?transport=tcp', credentials(SECRET))).toContain(
      'ECONNREFUSED',
    )
    expect(await probeIceServer('http://127.0.0.1')).toBe('it is not a STUN or TURN address')
  })
})

describe('a server, looked at from a machine', () => {
  const levels = async (origin: string) =>
    Object.fromEntries((await examineNetwork(origin)).map(({ level, name }) => [name, level]))

  test('that is set up well', async () => {
    const stun = `stun:127.0.0.1:${port}`
    const turn = `turn:127.0.0.1:${port}`
    await using server = await startApp({
      TABSEED_ICE_SERVERS: JSON.stringify([{ urls: stun }]),
      TABSEED_TURN_URLS: turn,
      TABSEED_TURN_SECRET: SECRET,
    })
    expect(await levels(server.url)).toEqual({
      'public URL': 'ok',
      proxy: 'ok',
      [`STUN ${stun}`]: 'ok',
      [`TURN ${turn}`]: 'ok',
    })
  })

  test('whose links lead elsewhere, and whose secret is not coturn’s', async () => {
    const turn = `turn:127.0.0.1:${port}`
    await using server = await startApp({
      TABSEED_TURN_URLS: turn,
      TABSEED_TURN_SECRET: 'wrong',
      TABSEED_PUBLIC_URL: 'https://other.example',
    })
    const found = await levels(server.url)
    expect(found).toEqual({ 'public URL': 'fail', proxy: 'ok', [`TURN ${turn}`]: 'fail' })
  })

  test('whose seeder is reached, and is not when it ends', async () => {
    const name = 'seeder port (dialled from here)'
    await using server = await startApp({
      TABSEED_SEEDER: 'on',
      TABSEED_SEEDER_PORT: String(await freePort()),
    })
    await vi.waitFor(async () => expect((await levels(server.url))[name]).toBe('ok'), { timeout: 20_000 })
    // It is started again, each time after a longer while.
    const killAndLook = async () => {
      try {
        process.kill(seederPid(server), 'SIGKILL')
      } catch {
        // It is not back yet.
      }
      expect((await levels(server.url))[name]).toBe('warn')
    }
    await vi.waitFor(killAndLook, { timeout: 30_000 })
  })
})
