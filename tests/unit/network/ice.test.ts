import { expect, test } from 'vitest'
import { iceSchema } from '../../../lib/protocol/share.ts'
import { iceConfig } from '../../../server/http/ice.ts'

const NOW = new Date('2026-01-01T00:00:00.400Z')
const stun = { urls: 'stun:stun.example:3478' }

test('without TURN the configured servers are all, and nothing ends', () => {
  expect(
    iceConfig({ webseedUse: 'first', connect: 'direct', iceServers: [stun], turn: undefined }, NOW, 'a'),
  ).toEqual({
    iceServers: [stun],
    expiresAt: null,
    validFor: null,
    connect: 'direct',
    webSeedUse: 'first',
  })
})

test('TURN credentials are what coturn computes from the shared secret', () => {
  const turn = { urls: ['turn:turn.example'], secret: 'north', ttlSeconds: 600 }
  const ice = iceSchema.parse(
    iceConfig({ webseedUse: 'full', connect: 'relay', iceServers: [stun], turn }, NOW, 'a'),
  )
  expect(ice).toMatchObject({ expiresAt: '2026-01-01T00:10:00.000Z', validFor: 600, connect: 'relay' })
  // printf 'user a' | openssl dgst -sha256 -hmac north; printf 1767226200:… | openssl dgst -sha1 -hmac north -binary | base64
  expect(ice.iceServers[1]).toEqual({
    urls: ['turn:turn.example'],
    username: '1767226200:701ed31f66896812',
    credential: 'MFxf339is6LTL3rGBIk77aF56j0=',
  })
})
