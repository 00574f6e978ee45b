import type { IncomingMessage } from 'node:http'
import { blockSchema } from '../../lib/protocol/admin.ts'
import { mediaType, parseJson, readBody } from '../http/body.ts'
import type { Operators } from '../http/operators.ts'
import { json, type Reply } from '../http/reply.ts'
import { requireInfoHash } from '../http/share-request.ts'
import { blockListSchema, formatBlockList, parseBlockList } from '../shares/takedown/block-list.ts'
import type { Blocks } from '../shares/takedown/blocks.ts'
import type { Takedown } from '../shares/takedown/takedown.ts'
import type { Block } from '../shares/takedown/takedown-store.ts'

/** A reason, six bytes for each UTF-16 unit, and punctuation. */
const REASON_MAX_BYTES = 4 * 1024
const LIST_MAX_BYTES = 16 * 1024 * 1024

/** What blocking needs. */
export interface Blocking {
  readonly operators: Operators
  readonly blocks: Blocks
  readonly takedown: Takedown
}

/** `PUT /api/shares/<infohash>/blocked` with an operator's key. Answers which info hashes it blocks. */
export async function blockShare(
  { operators, takedown }: Blocking,
  name: string,
  request: IncomingMessage,
): Promise<Reply> {
  const by = operators.require(request)
  const infoHash = requireInfoHash(name)
  return json(200, { blocked: await takedown.block(infoHash, { by, reason: await readReason(request) }) })
}

/** `DELETE /api/shares/<infohash>/blocked` with an operator's key. Answers which info hashes it allows again. */
export async function unblockShare(
  { operators, takedown }: Blocking,
  name: string,
  request: IncomingMessage,
): Promise<Reply> {
  const by = operators.require(request)
  const infoHash = requireInfoHash(name)
  return json(200, { allowed: await takedown.unblock(infoHash, { by, reason: await readReason(request) }) })
}

/** `GET /api/admin/blocks`, with `?format=text` as a list of lines. */
export function listBlocks({ blocks, operators }: Blocking, request: IncomingMessage, query: string): Reply {
  operators.require(request)
  if (new URLSearchParams(query).get('format') !== 'text') {
    return json(200, { blocks: blocks.list().map(describe) })
  }
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    body: formatBlockList(blocks.list()),
  }
}

/** `POST /api/admin/blocks`: a list as this or another server exports it, text or JSON. */
export async function importBlocks(
  { operators, takedown }: Blocking,
  request: IncomingMessage,
): Promise<Reply> {
  const by = operators.require(request)
  const isJson = mediaType(request) === 'application/json'
  const body = await readBody(request, LIST_MAX_BYTES)
  const entries = isJson ? parseJson(body, blockListSchema).blocks : parseBlockList(body.toString('utf8'))
  const added = await takedown.importList(entries, { by, reason: '' })
  return json(200, { added, known: entries.length - added })
}

/** The reason in the body, which may be missing. */
async function readReason(request: IncomingMessage): Promise<string> {
  const body = await readBody(request, REASON_MAX_BYTES)
  return body.length === 0 ? '' : parseJson(body, blockSchema).reason
}

const describe = ({ at, ...block }: Block) => ({ ...block, at: at.toISOString() })
