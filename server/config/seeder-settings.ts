import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { WEB_SEED_SHARES } from '../../lib/protocol/share-values.ts'
import { byteCount, hostAndPort, isOrigin, onOff, portRange, wholeNumber } from './values.ts'

const seederOrigin = z
  .string()
  .refine(isOrigin, 'must be http:// or https:// and a host, without a path')
  .transform(text => new URL(text).origin)

const seederLabel = z.string().regex(/^[\w.:@-]{1,60}$/, 'must be up to 60 letters, digits, or . : @ _ -')

/** Keeping shares alive on this server, and serving them over plain HTTP. */
export const seederSettings = {
  webseedLimit: byteCount(16_384).optional().meta({
    description: 'Bytes per second that all downloads over plain HTTP may take together. Unset: no limit.',
    example: '10MB',
  }),
  webseedUse: z.enum(WEB_SEED_SHARES, { error: 'must be fallback, first or full' }).meta({
    description:
      'How much web seeds give where there are peers: `first`, everything from the click on until peers give as much, and again when they give less; `fallback`, only what peers do not give; `full`, as much as they can beside the peers.',
    default: 'first',
    example: 'fallback',
  }),
  webseedPrivate: z.enum(['refuse', 'allow'], { error: 'must be refuse or allow' }).meta({
    description:
      'Whether web seeds that publishers add to their shares may be in private networks, to which this server then sends requests.',
    default: 'refuse',
    example: 'allow',
  }),
  seeder: onOff.meta({
    description:
      'Keep shares alive on this server: `on` or `off`. It takes disk space and traffic, so it is off by default.',
    default: 'off',
    example: 'on',
  }),
  seederToken: z
    .string()
    .regex(/^[\w-]{16,}$/, 'must be at least 16 letters, digits, - or _')
    .optional()
    .meta({
      description:
        'Secret shared with seeders on other machines, run there by `tabseed seed --server`. They keep shares alive in place of one here. Prefer the environment: flags show in process lists.',
      example: 'a-long-random-text',
      secret: true,
    }),
  seederName: seederLabel.optional().meta({
    description: 'What this seeder is called in logs, metrics and lists. Unset: the name of its machine.',
    example: 'berlin-disks',
  }),
  seederZone: seederLabel.optional().meta({
    description:
      'What this seeder would fail together with, such as a house or a provider: copies of a share are kept in different zones where there are some. Unset: a zone that it shares with all others that have none.',
    example: 'berlin',
  }),
  seederCopies: wholeNumber(1, 10).meta({
    description:
      'How many seeders keep a copy of each share, where there are so many. A setting of the server, not of a seeder on another machine.',
    default: '2',
    example: '3',
  }),
  seederUrl: seederOrigin.optional().meta({
    description:
      'Address at which everybody reaches the files of this seeder over HTTP, at `/w/`: servers send readers there, and name it as a web seed. On a server with a seeder of its own, an address that leads to this server and no other one.',
    example: 'https://files1.example.org',
  }),
  seederInsideUrl: seederOrigin.optional().meta({
    description:
      'Address at which the servers alone reach the files of this seeder over HTTP: what they are asked for they pass on from there, where they cannot send readers to TABSEED_SEEDER_URL.',
    example: 'http://10.0.0.11:3000',
  }),
  seederHttp: hostAndPort.optional().meta({
    description:
      'Address and TCP port at which `tabseed seed --server` answers requests for files over HTTP. A server with a seeder of its own does so at TABSEED_HOST and TABSEED_PORT.',
    example: '127.0.0.1:8080',
  }),
  seederBudget: byteCount(1).meta({
    description: 'Bytes of disk that cached shares may take together.',
    default: '20GB',
    example: '500GB',
  }),
  seederShareMax: byteCount(1).optional().meta({
    description: 'Bytes that one cached share may take. Unset: the whole budget.',
    example: '50GB',
  }),
  seederAddressMax: byteCount(1).optional().meta({
    description:
      'Bytes of disk that shares asked for from one address (IPv6: one /64) may take. Unset: half of the budget.',
    example: '5GB',
  }),
  seederDir: z.string().optional().meta({
    description: 'Directory of cached shares. Unset: `seeder` in the data directory.',
    example: '/srv/tabseed',
  }),
  seederPort: wholeNumber(0, 65_535).meta({
    description: 'TCP port for classic BitTorrent clients; forward it on a router. 0 takes any free one.',
    default: '6881',
    example: '51413',
  }),
  seederAddress: z.string().refine(isIPv4, 'must be an IPv4 address').optional().meta({
    description:
      'IPv4 address at which classic clients reach the seeder. Unset: the address at which a client reached this server. Set it behind a proxy or a NAT.',
    example: '203.0.113.7',
  }),
  seederUdp: portRange.optional().meta({
    description:
      "UDP port, or range of ports, for the seeder's WebRTC; one port serves all peers. Unset: any.",
    example: '40000',
  }),
  seederUtp: onOff.meta({
    description:
      'uTP in addition to TCP for classic clients. Its native module has crashed with many peers elsewhere.',
    default: 'off',
    example: 'on',
  }),
  seederDht: onOff.meta({
    description: 'Also find peers of public shares by DHT and peer exchange. This contacts outside hosts.',
    default: 'off',
    example: 'on',
  }),
  seederUpload: byteCount(1).optional().meta({
    description: 'Bytes per second that the seeder may upload. Unset: no limit.',
    example: '10MB',
  }),
  seederDownload: byteCount(1).optional().meta({
    description: 'Bytes per second that the seeder may download. Unset: no limit.',
    example: '50MB',
  }),
  seederDays: wholeNumber(1, 36_500).optional().meta({
    description: 'Drop a cached share after this many days. Unset: never.',
    example: '90',
  }),
  seederIdleDays: wholeNumber(1, 36_500).optional().meta({
    description: 'Drop a cached share from which nobody has downloaded for this many days. Unset: never.',
    example: '14',
  }),
  seederRatio: wholeNumber(1, 1_000_000).optional().meta({
    description: 'Drop a cached share once this many times its size has been uploaded. Unset: never.',
    example: '10',
  }),
  seederMemory: byteCount(1).meta({
    description: "Memory above which the seeder's process is restarted.",
    default: '1GiB',
    example: '512MiB',
  }),
  publishDir: z.string().optional().meta({
    description:
      'Directory whose files and folders are published and seeded automatically, each under its own link, and unpublished when they are removed. Needs the seeder.',
    example: '/srv/images',
  }),
  keepAlive: z.enum(['offer', 'always', 'never'], { error: 'must be offer, always or never' }).meta({
    description:
      'With the seeder on: `offer` lets publishers ask for their share to be kept alive, `always` keeps every share alive, `never` only what the operator pins or publishes.',
    default: 'offer',
    example: 'always',
  }),
}
