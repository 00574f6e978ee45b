import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6, connect as tcpConnect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'

const ANSWER_LIMIT_MS = 5_000

/** RFC 8489 section 5. */
const COOKIE = 0x2112a442
const BINDING = 0x0001
/** RFC 8656 section 17. */
const ALLOCATE = 0x0003
const REFRESH = 0x0004
const SUCCESS = 0x0100
const ERROR = 0x0110

const ATTRIBUTE = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  lifetime: 0x000d,
  realm: 0x0014,
  nonce: 0x0015,
  requestedTransport: 0x0019,
} as const

const UNAUTHORIZED = 401

interface Credentials {
  readonly username: string
  readonly credential: string
}

interface Message {
  readonly type: number
  readonly transaction: Buffer
  readonly attributes: ReadonlyMap<number, Buffer>
}

/** `stun:`, `stuns:`, `turn:` and `turns:` addresses (RFC 7064, 7065). */
const ICE_URL = /^(stuns?|turns?):(\[[0-9a-f:.]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/i

/**
 * Whether a STUN server answers, or a TURN server makes an allocation (returned at once) for these credentials. Null if
 * all is well; otherwise a few words on what is wrong.
 */
export async function probeIceServer(url: string, credentials?: Credentials): Promise<string | null> {
  const [, scheme = '', bracketed = '', port, transport] = ICE_URL.exec(url) ?? []
  if (scheme === '') return 'it is not a STUN or TURN address'
  const secure = scheme.endsWith('s')
  const host = bracketed.replace(/^\[|\]$/g, '')
  const place = { host, port: Number(port ?? (secure ? 5349 : 3478)) }
  let exchange: Exchange | null = null
  try {
    const overStream = secure || transport === 'tcp'
    exchange = overStream ? await dialStream(place, { secure }) : dialDatagrams(place)
    if (scheme.startsWith('stun')) {
      const answer = await exchange.ask(encode(BINDING, []))
      return answer.type === (BINDING | SUCCESS) ? null : refusal(answer)
    }
    return credentials ? await allocate(exchange, credentials) : 'there are no credentials for it'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    exchange?.close()
  }
}

async function allocate(exchange: Exchange, { credential, username }: Credentials): Promise<string | null> {
  const udp = [ATTRIBUTE.requestedTransport, Buffer.from([17, 0, 0, 0])] as const
  const challenge = await exchange.ask(encode(ALLOCATE, [udp]))
  if (errorCode(challenge) !== UNAUTHORIZED) return refusal(challenge)
  const realm = challenge.attributes.get(ATTRIBUTE.realm) ?? Buffer.alloc(0)
  const nonce = challenge.attributes.get(ATTRIBUTE.nonce) ?? Buffer.alloc(0)
  const key = createHash('md5').update(`${username}:${realm}:${credential}`).digest()
  const proof = [
    [ATTRIBUTE.username, Buffer.from(username)],
    [ATTRIBUTE.realm, realm],
    [ATTRIBUTE.nonce, nonce],
  ] as const
  const answer = await exchange.ask(encode(ALLOCATE, [udp, ...proof], key))
  if (answer.type !== (ALLOCATE | SUCCESS)) return refusal(answer)
  await exchange.ask(encode(REFRESH, [[ATTRIBUTE.lifetime, Buffer.alloc(4)], ...proof], key))
  return null
}

function errorCode({ attributes, type }: Message): number | null {
  const value = attributes.get(ATTRIBUTE.errorCode)
  return (type & ERROR) === ERROR && value && value.length >= 4
    ? (value[2] ?? 0) * 100 + (value[3] ?? 0)
    : null
}

function refusal(message: Message): string {
  const code = errorCode(message)
  if (code === UNAUTHORIZED) return 'it refuses our credentials'
  return code === null ? 'it answers something else' : `it answers with error ${code}`
}

/** A request of `type`, with MESSAGE-INTEGRITY when there is a `key` (RFC 8489 section 14.5). */
function encode(type: number, attributes: readonly (readonly [number, Buffer])[], key?: Buffer): Buffer {
  const body = Buffer.concat(attributes.map(([kind, value]) => attribute(kind, value)))
  const header = Buffer.alloc(20)
  header.writeUInt16BE(type, 0)
  header.writeUInt16BE(body.length + (key ? 24 : 0), 2)
  header.writeUInt32BE(COOKIE, 4)
  randomBytes(12).copy(header, 8)
  const message = Buffer.concat([header, body])
  if (!key) return message
  const integrity = createHmac('sha1', key).update(message).digest()
  return Buffer.concat([message, attribute(ATTRIBUTE.messageIntegrity, integrity)])
}

function attribute(kind: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  padded.writeUInt16BE(kind, 0)
  padded.writeUInt16BE(value.length, 2)
  value.copy(padded, 4)
  return padded
}

/** The first message in `bytes`, or null while it is incomplete. */
function decode(bytes: Buffer): Message | null {
  if (bytes.length < 20 || bytes.readUInt32BE(4) !== COOKIE) return null
  const end = 20 + bytes.readUInt16BE(2)
  if (bytes.length < end) return null
  const attributes = new Map<number, Buffer>()
  for (let at = 20; at + 4 <= end; ) {
    const length = bytes.readUInt16BE(at + 2)
    if (at + 4 + length > end) break
    attributes.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length))
    at += 4 + Math.ceil(length / 4) * 4
  }
  return { type: bytes.readUInt16BE(0), transaction: bytes.subarray(8, 20), attributes }
}

interface Place {
  readonly host: string
  readonly port: number
}

interface Exchange {
  ask(request: Buffer): Promise<Message>
  close(): void
}

function dialDatagrams({ host, port }: Place): Exchange {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  return {
    ask: request =>
      answered(request, 'it does not answer (UDP)', take => {
        socket.on('message', take)
        socket.on('error', () => undefined)
        const send = () => socket.send(request, port, host)
        send()
        // One packet may get lost.
        const again = setInterval(send, ANSWER_LIMIT_MS / 5)
        return () => {
          clearInterval(again)
          socket.off('message', take)
        }
      }),
    close: () => socket.close(),
  }
}

async function dialStream(
  { host, port }: Place,
  { secure }: { readonly secure: boolean },
): Promise<Exchange> {
  const socket = secure ? tlsConnect({ host, port, servername: host }) : tcpConnect({ host, port })
  await new Promise<void>((resolve, reject) => {
    socket.once(secure ? 'secureConnect' : 'connect', resolve)
    socket.once('error', reject)
    socket.setTimeout(ANSWER_LIMIT_MS, () => reject(new Error('it does not answer (TCP)')))
  }).catch(reason => {
    socket.destroy()
    throw reason
  })
  socket.on('error', () => undefined)
  return {
    ask: request =>
      answered(request, 'it does not answer (TCP)', take => {
        let pending = Buffer.alloc(0)
        const gather = (chunk: Buffer) => {
          pending = Buffer.concat([pending, chunk])
          take(pending)
        }
        socket.on('data', gather)
        socket.write(request)
        return () => socket.off('data', gather)
      }),
    close: () => socket.destroy(),
  }
}

/** The answer to `request`. `listen` gets a function that takes received bytes, and returns one that stops. Errors: `otherwise` after `ANSWER_LIMIT_MS`. */
function answered(
  request: Buffer,
  otherwise: string,
  listen: (take: (bytes: Buffer) => void) => () => void,
): Promise<Message> {
  const { promise, reject, resolve } = Promise.withResolvers<Message>()
  const limit = setTimeout(() => reject(new Error(otherwise)), ANSWER_LIMIT_MS)
  const stop = listen(bytes => {
    const message = decode(bytes)
    if (message?.transaction.equals(request.subarray(8, 20))) resolve(message)
  })
  return promise.finally(() => {
    clearTimeout(limit)
    stop()
  })
}
