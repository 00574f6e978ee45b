import { setImmediate as nextTurn } from 'node:timers/promises'

/** Bytes that are copied before others have their turn. Memory that is new takes its time when it is first written. */
const TURN_BYTES = 1024 * 1024

/** Items that are gone through before others have their turn. */
const TURN_ITEMS = 1_000

/** `items`, however many: what is done with each should take microseconds. */
export async function* itemsInTurns<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  let count = 0
  for (const item of items) {
    if (++count % TURN_ITEMS === 0) await nextTurn()
    yield item
  }
}

/** The bytes of `chunks` one after the other, in memory of its own; large ones are copied bit by bit. */
export async function joinInTurns(chunks: readonly Uint8Array[]): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  let copied = 0
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += TURN_BYTES) {
      const part = chunk.subarray(from, from + TURN_BYTES)
      bytes.set(part, at)
      at += part.length
      copied += part.length
      if (copied < TURN_BYTES) continue
      copied = 0
      await nextTurn()
    }
  }
  return bytes
}

/** `text` in pieces of at most a mebibyte of UTF-16 units, none of which ends inside a character. */
export function* slicesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = at + TURN_BYTES
    const isInside = end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))
    const next = isInside ? end - 1 : end
    yield text.slice(at, next)
    at = next
  }
}

/** `text` as UTF-8; what is long bit by bit. */
export async function utf8InTurns(text: string): Promise<Buffer> {
  if (text.length <= TURN_BYTES) return Buffer.from(text)
  const chunks: Buffer[] = []
  for (const slice of slicesOf(text)) {
    chunks.push(Buffer.from(slice))
    await nextTurn()
  }
  return joinInTurns(chunks)
}
