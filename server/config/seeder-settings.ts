import { isIPv4 } from 'node:net'
import { z } from 'zod'
import { byteCount, onOff, portRange, wholeNumber } from './values.ts'

/** Keeping shares alive on this server, and handing them out over plain HTTP. */
export const seederSettings = {
  webseedLimit: byteCount(16_384).optional().meta({
    description: 'Most bytes a second for all downloads over plain HTTP together. Unset: no limit.',
    example: '10MB',
  }),
  webseedPrivate: z.enum(['refuse', 'allow'], { error: 'must be refuse or allow' }).meta({
    description:
      'Whether the web seeds publishers add to their shares may be in private networks, which this server would then ask.',
    default: 'refuse',
    example: 'allow',
  }),
  seeder: onOff.meta({
    description:
      'Keep shares alive on this server: `on` or `off`. It takes disk and traffic, so it is off by default.',
    default: 'off',
    example: 'on',
  }),
  seederToken: z
    .string()
    .regex(/^[\w-]{16,}$/, 'must be at least 16 letters, digits, - or _')
    .optional()
    .meta({
      description:
        'Secret of a seeder on another machine, which `tabseed seed --server` runs there with the same one: that one keeps shares alive, and none here. Prefer the environment: flags show in process lists.',
      example: 'a-long-random-text',
    }),
  seederBudget: byteCount(1).meta({
    description: 'Bytes of disk that kept shares may take together.',
    default: '20GB',
    example: '500GB',
  }),
  seederShareMax: byteCount(1).optional().meta({
    description: 'Bytes that one kept share may take. Unset: the whole budget.',
    example: '50GB',
  }),
  seederDir: z.string().optional().meta({
    description: 'Directory of kept shares. Unset: `seeder` in the data directory.',
    example: '/srv/tabseed',
  }),
  seederPort: wholeNumber(0, 65_535).meta({
    description: 'TCP port for classic BitTorrent clients; forward it. 0 takes any free one.',
    default: '6881',
    example: '51413',
  }),
  seederAddress: z.string().refine(isIPv4, 'must be an IPv4 address').optional().meta({
    description:
      'IPv4 address at which classic clients reach the seeder. Unset: the one a client reached this server at; set it behind a proxy or a NAT.',
    example: '203.0.113.7',
  }),
  seederUdp: portRange.optional().meta({
    description:
      "UDP port, or range of ports, of the seeder's WebRTC; one port serves all peers. Unset: any.",
    example: '40000',
  }),
  seederUtp: onOff.meta({
    description: 'uTP beside TCP for classic clients. Its native part has crashed others with many peers.',
    default: 'off',
    example: 'on',
  }),
  seederDht: onOff.meta({
    description: 'Find peers of public shares by DHT and peer exchange too. This asks outside hosts.',
    default: 'off',
    example: 'on',
  }),
  seederUpload: byteCount(1).optional().meta({
    description: 'Most bytes a second that the seeder sends. Unset: no limit.',
    example: '10MB',
  }),
  seederDownload: byteCount(1).optional().meta({
    description: 'Most bytes a second that the seeder fetches. Unset: no limit.',
    example: '50MB',
  }),
  seederDays: wholeNumber(1, 36_500).optional().meta({
    description: 'Let go of a share after so many days. Unset: never.',
    example: '90',
  }),
  seederIdleDays: wholeNumber(1, 36_500).optional().meta({
    description: 'Let go of a share that nobody took anything of for so many days. Unset: never.',
    example: '14',
  }),
  seederRatio: wholeNumber(1, 1_000_000).optional().meta({
    description: 'Let go of a share when so many times its size was given. Unset: never.',
    example: '10',
  }),
  seederMemory: byteCount(1).meta({
    description: "Memory above which the seeder's process is started anew.",
    default: '1GiB',
    example: '512MiB',
  }),
  publishDir: z.string().optional().meta({
    description:
      'Directory whose files and folders are published and seeded by themselves, each under a link of its own, and taken back when they are removed. Needs the seeder.',
    example: '/srv/images',
  }),
  keepAlive: z.enum(['offer', 'always', 'never'], { error: 'must be offer, always or never' }).meta({
    description:
      'With the seeder on: `offer` lets publishers ask to keep their share alive, `always` keeps every share, `never` none of theirs.',
    default: 'offer',
    example: 'always',
  }),
}
