import { z } from 'zod'
import { CONNECT_MODES } from '../../lib/protocol/share-values.ts'
import { commaList, iceServer, isProxyList, parseJson, TURN_URL, wholeNumber } from './values.ts'

/** How browsers reach each other and this server. */
export const networkSettings = {
  iceServers: z
    .string()
    .transform(parseJson)
    .pipe(z.array(iceServer, 'must be a JSON list of RTCIceServer'))
    .meta({
      description:
        'STUN and TURN servers for browsers, as a JSON list of RTCIceServer. None are needed on a LAN.',
      default: '[]',
      example: '[{"urls":"stun:stun.example.org:3478"}]',
      secret: true,
    }),
  turnUrls: commaList.pipe(z.array(z.string().regex(TURN_URL, 'must be turn: or turns: addresses'))).meta({
    description:
      'TURN addresses, comma separated, that accept time-limited credentials (coturn use-auth-secret).',
    default: '',
    example: 'turn:turn.example.org:3478,turns:turn.example.org:5349',
  }),
  turnSecret: z.string().optional().meta({
    description: "coturn's static-auth-secret. Prefer the environment: flags show in process lists.",
    example: 'a-long-random-text',
    secret: true,
  }),
  turnTtl: wholeNumber(60, 86_400).meta({
    description: 'Seconds for which a TURN credential is valid.',
    default: '3600',
    example: '1800',
  }),
  connect: z.enum(CONNECT_MODES, { error: 'must be direct, relay or server' }).meta({
    description:
      "How peers connect: `direct`, where they learn each other's addresses; `relay`, through TURN only; `server`, not at all: readers download everything from web seeds. Publishers and readers may choose a stricter mode.",
    default: 'direct',
    example: 'relay',
  }),
  trustedProxies: commaList.refine(isProxyList, 'must be addresses or CIDR ranges').meta({
    description:
      'Addresses or CIDR ranges, comma separated, of reverse proxies whose X-Forwarded-For, -Proto and -Host headers are believed. From all others they are ignored.',
    default: '',
    example: '127.0.0.1,10.0.0.0/8',
  }),
}
