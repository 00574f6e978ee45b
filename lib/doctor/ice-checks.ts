import { type Finding, fail, pass, skip, warn } from './finding.ts'

/** A server that answers does so within this time; browsers wait up to 40 s. */
const GATHER_MS = 5_000
/** Without servers to ask, there are only this computer's own addresses: what comes after the first comes at once. */
const HOST_GATHER_MS = 1_000
const LOOPBACK_MS = 5_000

/** What we use of a `candidate:` line (RFC 8839, section 5.1). */
interface Candidate {
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay'
  readonly address: string
  readonly port: number
}

/** Connect two peers in this page and send a byte from one to the other. */
export async function checkLoopback(): Promise<Finding> {
  const { default: SimplePeer } = await import('simple-peer/simplepeer.min.js')
  const config = { iceServers: [] }
  const [one, two] = [new SimplePeer({ initiator: true, config }), new SimplePeer({ config })]
  try {
    const from = performance.now()
    const arrived = new Promise<boolean>(resolve => {
      for (const end of [one, two]) end.on('error', () => resolve(false))
      one.on('signal', data => two.signal(data))
      two.on('signal', data => one.signal(data))
      one.on('connect', () => one.send('.'))
      two.on('data', () => resolve(true))
    })
    const came = await Promise.race([arrived, after(LOOPBACK_MS).then(() => false)])
    return came
      ? pass('loopback', { values: { milliseconds: Math.round(performance.now() - from) } })
      : fail('loopbackFailed')
  } finally {
    one.destroy()
    two.destroy()
  }
}

/** Which addresses this browser offers to peers, and how its network translates them. */
export async function checkIce(
  iceServers: readonly RTCIceServer[],
): Promise<Record<'candidates' | 'stun' | 'nat' | 'turn', Finding>> {
  const stun = urlsOf(iceServers, /^stuns?:/)
  const [all, relayed] = await Promise.all([
    gather({ iceServers: stun.map(urls => ({ urls })) }, stun.length === 0 ? HOST_GATHER_MS : GATHER_MS),
    checkTurn(iceServers),
  ])
  return {
    candidates: judgeAll(all),
    stun: stun.length === 0 ? judgeNoStun(relayed) : judgeStun(all),
    nat: judgeNat(stun, all),
    turn: relayed,
  }
}

function judgeAll(found: readonly Candidate[]): Finding {
  if (found.length === 0) return fail('noCandidates')
  const types = [...new Set(found.map(({ type }) => type))].sort().join(', ')
  return pass('candidates', { values: { types }, addresses: found.map(format) })
}

/** A relay also reaches other networks. */
const judgeNoStun = (turn: Finding): Finding => (turn.result === 'pass' ? skip('noStun') : warn('noStun'))

function judgeStun(found: readonly Candidate[]): Finding {
  const seen = found.filter(({ type }) => type === 'srflx')
  if (seen.length > 0) return pass('stun', { addresses: seen.map(format) })
  // Browsers leave out a server-reflexive address that is the same as their own.
  const hasPublic = found.some(({ address, type }) => type === 'host' && isPublic(address))
  return hasPublic ? skip('publicAddress') : fail('stunSilent')
}

/** A symmetric NAT maps one socket to another port for each server (RFC 5780, section 4.3). */
function judgeNat(stun: readonly string[], found: readonly Candidate[]): Finding {
  if (stun.length < 2) return skip('oneStun')
  const seen = found.filter(({ address, type }) => type === 'srflx' && !address.includes(':'))
  if (seen.length === 0) return skip('natUnknown')
  return seen.length > 1
    ? fail('natSymmetric', { addresses: seen.map(format) })
    : pass('natCone', { addresses: seen.map(format) })
}

async function checkTurn(iceServers: readonly RTCIceServer[]): Promise<Finding> {
  const turn = iceServers.filter(({ urls }) => urlsOf([{ urls }], /^turns?:/).length > 0)
  if (turn.length === 0) return skip('noTurn')
  const found = await gather({ iceServers: turn, iceTransportPolicy: 'relay' })
  return found.length > 0 ? pass('turn', { addresses: found.map(format) }) : fail('turnSilent')
}

/**
 * Gather candidates until the browser has all of them, or `limitMs` have passed and there is one. A busy computer takes its
 * time: that there is none is said after `GATHER_MS` only.
 */
async function gather(configuration: RTCConfiguration, limitMs = GATHER_MS): Promise<Candidate[]> {
  const connection = new RTCPeerConnection(configuration)
  try {
    const found: Candidate[] = []
    const { promise: complete, resolve: end } = Promise.withResolvers<void>()
    const { promise: first, resolve: one } = Promise.withResolvers<void>()
    connection.onicecandidate = ({ candidate }) => {
      const read = candidate && readCandidate(candidate.candidate)
      if (read) found.push(read)
      if (read) one()
      if (!candidate) end()
    }
    connection.createDataChannel('doctor')
    await connection.setLocalDescription(await connection.createOffer())
    await Promise.race([complete, after(GATHER_MS), Promise.all([first, after(limitMs)])])
    return found
  } finally {
    connection.close()
  }
}

function readCandidate(line: string): Candidate | null {
  const [, , transport = '', , address = '', port = '', , type] = line.split(' ')
  // Browsers offer active TCP candidates, to which nobody can connect (RFC 6544).
  if (transport.toLowerCase() !== 'udp') return null
  if (type !== 'host' && type !== 'srflx' && type !== 'prflx' && type !== 'relay') return null
  return { type, address, port: Number(port) }
}

/** Addresses that are hidden (mDNS) or belong to a private or local network (RFC 1918, 3927, 4193, 4291). */
const LOCAL = /\.local$|^(10|127|169\.254|172\.(1[6-9]|2\d|3[01])|192\.168)\.|^(::1$|f[cdef])/i
const isPublic = (address: string): boolean => !LOCAL.test(address)
const format = ({ address, port, type }: Candidate): string => `${type} ${address} ${port}`
const urlsOf = (iceServers: readonly RTCIceServer[], scheme: RegExp): string[] =>
  iceServers.flatMap(({ urls }) => [urls].flat()).filter(url => scheme.test(url))
const after = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds))
