import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Network } from '../../../lib/network/network.ts'
import type { IceConfig } from '../../../lib/protocol/share.ts'
import { parseInfoHash } from '../../../lib/torrent/ids.ts'

const INFO_HASH = parseInfoHash('ab'.repeat(20)) ?? expect.unreachable()
const TURN = 'turn:turn.example'

let ice: IceConfig
/** Web seeds of the one share there is. */
let webSeeds: string[]

beforeEach(() => {
  vi.useFakeTimers()
  ice = {
    iceServers: [{ urls: TURN }],
    expiresAt: null,
    validFor: 600,
    connect: 'direct',
    webSeedUse: 'first',
  }
  webSeeds = []
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('RTCPeerConnection', class {})
  vi.stubGlobal('location', { href: 'https://tabseed.example/d/x' })
  vi.stubGlobal('fetch', async (path: string) =>
    Response.json(path.split('?')[0] === '/api/ice' ? ice : share()),
  )
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const share = () => ({
  infoHash: INFO_HASH,
  name: 'a',
  title: '',
  description: '',
  length: 1,
  pieceLength: 16_384,
  pieceCount: 1,
  private: false,
  listed: true,
  expiresAt: null,
  downloadsMax: null,
  singleFile: true,
  files: [{ path: 'a', length: 1, padding: false }],
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
  webSeeds,
  links: { page: 'https://tabseed.example/d/a', torrent: 'https://tabseed.example/t/a', magnet: 'magnet:?' },
})

function newNetwork() {
  const setIceServers = vi.fn(async (_: readonly RTCIceServer[]) => undefined)
  return { network: new Network({ setIceServers }), setIceServers }
}

test('a download announces to our server and uses its ICE servers and the web seeds of the share', async () => {
  webSeeds = ['https://mirror.example/']
  const { network } = newNetwork()
  expect(await network.forDownload(INFO_HASH)).toEqual({
    trackers: ['wss://tabseed.example/announce'],
    iceServers: [{ urls: TURN }],
    webSeeds,
    webSeedUse: 'first',
    relayOnly: false,
  })
  network.close()
})

test('each network renews credentials for its own engine, once however often it is asked, until it is closed', async () => {
  const [one, other] = [newNetwork(), newNetwork()]
  await one.network.forPublication()
  await one.network.forDownload(INFO_HASH)
  await other.network.forPublication()
  other.network.close()
  await vi.advanceTimersByTimeAsync(500_000)
  expect(one.setIceServers).toHaveBeenCalledTimes(1)
  expect(one.setIceServers).toHaveBeenCalledWith([{ urls: TURN }])
  one.network.close()
  await vi.advanceTimersByTimeAsync(5_000_000)
  expect(one.setIceServers).toHaveBeenCalledTimes(1)
  expect(other.setIceServers).not.toHaveBeenCalled()
})

test('relay only without a relay is refused, unless web seeds have the share', async () => {
  ice = { ...ice, iceServers: [], connect: 'relay' }
  const { network } = newNetwork()
  await expect(network.forPublication()).rejects.toMatchObject({ code: 'relay_missing' })
  await expect(network.forDownload(INFO_HASH)).rejects.toMatchObject({ code: 'relay_missing' })
  webSeeds = ['https://tabseed.example/w/a/']
  expect(await network.forDownload(INFO_HASH)).toMatchObject({ webSeedUse: 'only', relayOnly: true })
  network.close()
})

test('by relay only, no server but ours is asked for files: it would see the address', async () => {
  webSeeds = [
    'https://mirror.example/',
    'https://tabseed.example/w/a/',
    'http://tabseed.example/w/a/',
    'https://tabseed.example:8443/w/a/',
    'https://tabseed.example@mirror.example/w/a/',
  ]
  ice = { ...ice, connect: 'relay' }
  const { network } = newNetwork()
  expect(await network.forDownload(INFO_HASH)).toMatchObject({ webSeeds: [webSeeds[1]], relayOnly: true })
  ice = { ...ice, iceServers: [] }
  webSeeds = ['https://mirror.example/']
  await expect(network.forDownload(INFO_HASH)).rejects.toMatchObject({ code: 'relay_missing' })
  network.close()
})

test('where the operator lets readers use web seeds only, a publisher still meets the seeder', async () => {
  ice = { ...ice, connect: 'server' }
  const { network } = newNetwork()
  await expect(network.forDownload(INFO_HASH)).rejects.toMatchObject({ code: 'server_only' })
  expect(await network.forPublication()).toMatchObject({ relayOnly: false })
  network.close()
})

test('a browser that lacks a capability is refused by name', async () => {
  const { network } = newNetwork()
  vi.stubGlobal('RTCPeerConnection', undefined)
  await expect(network.forDownload(INFO_HASH)).rejects.toMatchObject({ code: 'webrtc_missing' })
  vi.stubGlobal('isSecureContext', false)
  await expect(network.forDownload(INFO_HASH)).rejects.toMatchObject({ code: 'insecure_context' })
})
