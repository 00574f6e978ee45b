import { isUtf8 } from 'node:buffer'
import { MESSAGE_MAX_BYTES } from '../../../lib/protocol/announce.ts'
import type { WireText } from '../wire-text.ts'
import type { NodeId } from './bus.ts'

/** Changes with the form of a batch: nodes of another version ignore it. */
const VERSION = 1
/** Most bytes of one batch. */
export const BATCH_MAX_BYTES = 256 * 1024
const LENGTH_BYTES = 3
const COUNT_BYTES = 4
const NODE_ID = /^[A-Za-z0-9._-]{1,64}~[a-z0-9]{8}$/

/** Whether `text` has the form of a node's id. */
export const isNodeId = (text: string): text is NodeId => NODE_ID.test(text)

/** Messages of one node for another. */
export interface Batch {
  readonly from: NodeId
  /** Answers that `from` sent there before, in batches that were received. A gap tells how many were lost on the way. */
  readonly answersBefore: number
  /** In the form in which clients send them, so that they are checked by the same code. */
  readonly messages: readonly WireText[]
}

/** What a message takes in a batch. */
export const sizeInBatch = (message: WireText): number => LENGTH_BYTES + message.length

/** Version, length and text of the sender's id, answers before (32 bits), then each message behind its length (24 bits). */
export function encodeBatch({ answersBefore, from, messages }: Batch): Buffer {
  const size = messages.reduce((sum, message) => sum + sizeInBatch(message), 2 + from.length + COUNT_BYTES)
  const bytes = Buffer.allocUnsafe(size)
  bytes[0] = VERSION
  bytes[1] = from.length
  let at = 2 + bytes.write(from, 2, 'latin1')
  at = bytes.writeUInt32BE(answersBefore % 2 ** 32, at)
  for (const message of messages) {
    at = bytes.writeUIntBE(message.length, at, LENGTH_BYTES)
    at += bytes.write(message, at, 'latin1')
  }
  return bytes
}

/** Undefined for anything that no node of this version sends. Its messages are valid UTF-8, and not checked further. */
export function decodeBatch(bytes: Buffer): Batch | undefined {
  if (bytes[0] !== VERSION || bytes.length > 2 * BATCH_MAX_BYTES) return undefined
  const idEnd = 2 + (bytes[1] ?? 0)
  const from = bytes.toString('latin1', 2, idEnd)
  let at = idEnd + COUNT_BYTES
  if (!isNodeId(from) || bytes.length < at) return undefined
  const answersBefore = bytes.readUInt32BE(idEnd)
  const messages: WireText[] = []
  while (at < bytes.length) {
    if (at + LENGTH_BYTES > bytes.length) return undefined
    const start = at + LENGTH_BYTES
    const length = bytes.readUIntBE(at, LENGTH_BYTES)
    if (length > MESSAGE_MAX_BYTES || start + length > bytes.length) return undefined
    const message = bytes.subarray(start, start + length)
    if (!isUtf8(message)) return undefined
    messages.push(message.toString('latin1'))
    at = start + length
  }
  return { from, answersBefore, messages }
}
