import { connect } from 'node:net'
import { iceServersOf } from '../../../lib/network/ice.ts'
import { iceSchema, serverViewSchema } from '../../../lib/protocol/share.ts'
import type { Finding } from './finding.ts'
import { probeIceServer } from './stun-client.ts'

const ANSWER_LIMIT_MS = 5_000

/** How a Tabseed server looks from this machine: its address, its proxy, the ICE servers it names, its seeder. */
export async function examineNetwork(origin: string): Promise<Finding[]> {
  const view = serverViewSchema.safeParse(await fetchJson(`${origin}/api/doctor`))
  const ice = iceSchema.safeParse(await fetchJson(`${origin}/api/ice`))
  if (!view.success || !ice.success) {
    const advice = 'A proxy in front must pass /api on; or the server is of another version.'
    return [{ name: 'API', level: 'fail', text: 'does not answer as it should', advice }]
  }
  const { proxy, publicUrl, seederPort } = view.data
  return [
    checkPublicUrl(origin, publicUrl),
    checkProxy(proxy),
    ...(await checkIceServers(iceServersOf(ice.data))),
    ...(seederPort === null ? [] : [await checkSeeder(new URL(origin).hostname, seederPort)]),
  ]
}

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) }).catch(() => null)
  return response?.json().catch(() => null)
}

function checkPublicUrl(origin: string, publicUrl: string): Finding {
  const name = 'public URL'
  if (publicUrl === origin) return { name, level: 'ok', text: origin }
  return {
    name,
    level: 'fail',
    text: `links begin with ${publicUrl}, not with ${origin}`,
    advice: 'Set TABSEED_PUBLIC_URL to the address people use, or let a trusted proxy say it.',
  }
}

function checkProxy(proxy: 'none' | 'trusted' | 'unknown'): Finding {
  const name = 'proxy'
  if (proxy !== 'unknown') return { name, level: 'ok', text: proxy === 'none' ? 'none' : 'trusted' }
  return {
    name,
    level: 'fail',
    text: 'one names the client, and the server does not trust it: everybody has its address',
    advice: 'Name the proxy in TABSEED_TRUSTED_PROXIES.',
  }
}

/** Every address of every ICE server, with the credentials that browsers get. */
async function checkIceServers(iceServers: readonly RTCIceServer[]): Promise<Finding[]> {
  if (iceServers.length === 0) {
    const text =
      'none is named: people in different networks need TABSEED_ICE_SERVERS, best TABSEED_TURN_URLS too'
    return [{ name: 'STUN, TURN', level: 'ok', text }]
  }
  const probes = iceServers.flatMap(({ credential, urls, username }) =>
    [urls].flat().map(url => checkIceServer(url, username, credential)),
  )
  return Promise.all(probes)
}

async function checkIceServer(
  url: string,
  username: string | undefined,
  credential: string | undefined,
): Promise<Finding> {
  const wrong = await probeIceServer(
    url,
    username !== undefined && credential !== undefined ? { username, credential } : undefined,
  )
  const name = url.replace(/^turns?:/i, 'TURN $&').replace(/^stuns?:/i, 'STUN $&')
  if (wrong === null) return { name, level: 'ok', text: 'answers' }
  const advice = url.startsWith('turn')
    ? 'Check that coturn runs, that its static-auth-secret is TABSEED_TURN_SECRET, and that its port is open.'
    : 'Check that it runs, and that UDP gets there.'
  return { name, level: 'fail', text: wrong, advice }
}

/** Classic clients dial it; a connection that opens is all they need. */
async function checkSeeder(host: string, port: number): Promise<Finding> {
  const name = 'seeder port (dialled from here)'
  const open = await new Promise<boolean>(done => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port })
    const end = (reached: boolean) => {
      socket.destroy()
      done(reached)
    }
    socket.setTimeout(ANSWER_LIMIT_MS, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
  if (open) return { name, level: 'ok', text: `${port} can be reached` }
  const advice = `Forward TCP port ${port} to the server, or open it in its firewall.`
  return {
    name,
    level: 'warn',
    text: `${port} can't be reached: classic BitTorrent clients find no seeder`,
    advice,
  }
}
