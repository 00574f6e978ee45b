import { z } from 'zod'
import { ERROR_STATUS, type ErrorCode } from '../../../lib/base/errors.ts'
import { type InfoHash, parseInfoHash } from '../../../lib/torrent/ids.ts'
import { METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import type { FromSeeder, FromUploader, ToSeeder, ToUploader } from './messages.ts'

/** Path at which a server accepts the WebSocket of its seeder. */
export const SEEDER_PATH = '/api/seeder'

/** Close code of a seeder's connection that another one replaced. */
export const REPLACED = 4001

/** Longest message in bytes: a `.torrent` in base64, and the JSON around it. */
export const SEEDER_MESSAGE_MAX = 2 * METAINFO_MAX_BYTES

const infoHash = z.custom<InfoHash>(value => typeof value === 'string' && parseInfoHash(value) === value)
const count = z.number().int().nonnegative()
const errorCode = z.enum(Object.keys(ERROR_STATUS) as ErrorCode[])
const torrent = z.codec(z.base64(), z.instanceof(Uint8Array), {
  decode: text => Buffer.from(text, 'base64'),
  encode: bytes => Buffer.from(bytes).toString('base64'),
})
const iceServer = z.object({
  urls: z.union([z.string(), z.array(z.string())]),
  username: z.exactOptional(z.string()),
  credential: z.exactOptional(z.string()),
})
const cacheReport = z.object({
  infoHash,
  have: count,
  complete: z.boolean(),
  peers: count,
  uploaded: count,
  copies: z.number().nonnegative().max(1e6),
  checkedAt: count.nullable().default(null),
  problem: errorCode.nullable(),
})

const room = z.object({ budget: count, free: count }).optional()

/** Without the messages that name files on the server's own disk. */
const toRemote = z.discriminatedUnion('do', [
  z.object({ do: z.literal('keep'), torrent, pinned: z.boolean(), again: z.boolean() }),
  z.object({ do: z.literal('drop'), infoHash }),
  z.object({ do: z.literal('retain'), infoHashes: z.array(infoHash) }),
  z.object({ do: z.literal('ice'), iceServers: z.array(iceServer) }),
  z.object({ do: z.literal('upload') }),
  z.object({
    do: z.literal('answer'),
    id: count,
    answer: z.enum(['yes', 'no', 'there', 'missing', 'failed']),
  }),
])

const bucketAsk = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('claim'), infoHash }),
  z.object({ ask: z.literal('progress'), infoHash, openFile: count.nullable() }),
  z.object({ ask: z.literal('finish'), infoHash, objects: count, bytes: count }),
])

const fromRemote = z.discriminatedUnion('report', [
  z.object({ report: z.literal('ready'), port: count, infoHashes: z.array(infoHash), room }),
  z.object({ report: z.literal('kept'), torrent }),
  z.object({ report: z.literal('state'), states: z.array(cacheReport), room }),
  z.object({
    report: z.literal('dropped'),
    infoHash,
    reason: z.enum(['asked', 'expired', 'evicted', 'gone', 'before']),
    room,
  }),
  z.object({ report: z.literal('refused'), infoHash, code: errorCode }),
  z.object({ report: z.literal('bucket'), id: count, ask: bucketAsk }),
])

type ToRemote = Exclude<ToSeeder, { readonly do: 'seed' | 'touch' | 'check' }>

/** The messages of `messages.ts` as JSON text, for a seeder on another machine. Reading returns null for invalid text. */
export const seederWire = {
  writeToSeeder: (message: ToRemote | ToUploader): string => write(toRemote, message),
  readToSeeder: (text: string): ToSeeder | ToUploader | null => read(toRemote, text),
  writeFromSeeder: (message: FromSeeder | FromUploader): string => write(fromRemote, message),
  readFromSeeder: (text: string): FromSeeder | FromUploader | null => read(fromRemote, text),
}

const write = (schema: z.ZodType, message: unknown): string => JSON.stringify(z.encode(schema, message))

function read<Message>(schema: z.ZodType<Message>, text: string): Message | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
