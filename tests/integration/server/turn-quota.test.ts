import { afterAll, beforeAll, expect, test } from 'vitest'
import { iceServersOf } from '../../../lib/network/ice.ts'
import type { IceConfig } from '../../../lib/protocol/share.ts'
import { NODE_PLATFORM } from '../../../server/node-engine/node-platform.ts'
import { type Coturn, startCoturn } from '../../support/net/coturn.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const SECRET = 'quota'
const QUOTA = 3
/** WebRTC as the seeder and the command line have it. */
const Connection = NODE_PLATFORM.RTCPeerConnection ?? expect.unreachable()

let coturn: Coturn
let server: TestApp

beforeAll(async () => {
  coturn = await startCoturn(SECRET, `user-quota=${QUOTA}`)
  server = await startApp({
    TABSEED_TURN_URLS: `turn:127.0.0.1:${coturn.port}`,
    TABSEED_TURN_SECRET: SECRET,
    TABSEED_TRUSTED_PROXIES: 'loopback',
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await coturn[Symbol.asyncDispose]()
})

test("coturn's quota counts each address: one that takes all it may leaves the relay to others", async () => {
  await using connections = new AsyncDisposableStack()
  /** Whether somebody at this address, who asks for credentials first, gets a relay; it is held until the end. */
  const getsRelay = async (address: string): Promise<boolean> => {
    const answer = await fetch(`${server.url}/api/ice`, { headers: { 'x-forwarded-for': address } })
    const { iceServers } = (await answer.json()) as IceConfig
    const connection = new Connection({
      iceServers: iceServersOf({ iceServers }),
      iceTransportPolicy: 'relay',
    })
    connections.defer(() => connection.close())
    const complete = new Promise<void>(resolve => {
      connection.onicegatheringstatechange = () => {
        if (connection.iceGatheringState === 'complete') resolve()
      }
    })
    connection.createDataChannel('')
    await connection.setLocalDescription(await connection.createOffer())
    await complete
    return connection.localDescription?.sdp.includes('typ relay') === true
  }
  for (let i = 0; i < QUOTA; i++) expect(await getsRelay('192.0.2.1')).toBe(true)
  expect(await getsRelay('192.0.2.1')).toBe(false)
  expect(await getsRelay('192.0.2.2')).toBe(true)
  // An IPv6 network is one client, whatever address of it asks.
  for (let i = 0; i < QUOTA; i++) expect(await getsRelay(`2001:db8::${i}`)).toBe(true)
  expect(await getsRelay('2001:db8::ffff')).toBe(false)
})
