/** Worker side of `hashSpans`: reads a span of the content once and hashes the pieces in it. */
import { sealedSource } from '../encryption/sealed-source.ts'
import { chunksIn } from './chunks.ts'
import type { HashedContent, SealedContent } from './hashed-content.ts'

export interface HashJob {
  readonly content: HashedContent
  readonly pieceLength: number
}

/** A span to hash: bytes [start, end) of the content, `start` on a piece boundary. */
export interface HashSpan {
  readonly start: number
  readonly end: number
}

/** SHA-1 of the pieces in a span; and, where they are wanted, SHA-256 of the chunks that begin in it, with the number of the first. */
export interface SpanHashes {
  readonly pieces: Uint8Array<ArrayBuffer>
  readonly chunks: { readonly first: number; readonly digests: Uint8Array<ArrayBuffer> } | null
}

export type HashReply =
  | { readonly start: number; readonly end: number; readonly hashes: SpanHashes }
  | { readonly start: number; readonly failure: { readonly name: string; readonly message: string } }

/** Computing a digest copies the piece: all pieces of a span at once would hold it in memory twice. */
const DIGESTS_AT_ONCE = 2

let job: HashJob

async function hashSpan(span: HashSpan): Promise<HashReply> {
  const { start, end } = span
  try {
    const { content } = job
    const hashes = content instanceof Blob ? await hashPlain(content, span) : await hashSealed(content, span)
    return { start, end, hashes }
  } catch (reason) {
    const { name, message } = reason instanceof Error ? reason : new Error(String(reason))
    return { start, failure: { name, message } }
  }
}

async function hashPlain(content: Blob, { start, end }: HashSpan): Promise<SpanHashes> {
  const bytes = await read(content, start, end)
  const pieces = piecesOf({ start, end }).map(piece => bytes.subarray(piece.start - start, piece.end - start))
  return { pieces: await hashAll('SHA-1', pieces, digest), chunks: null }
}

/** One read serves the chunks and the pieces; but the end of a chunk that ends behind the span is read again with the next. */
async function hashSealed({ chunked, plain, seal }: SealedContent, span: HashSpan): Promise<SpanHashes> {
  const from = Math.max(0, span.start - seal.head.length)
  const to = Math.max(0, span.end - seal.head.length)
  const begun = chunked && chunksIn(chunked, seal.chunkLength, { from, to })
  // The last chunk may end behind the span.
  const readTo = Math.max(to, begun?.chunks.at(-1)?.end ?? 0)
  const bytes = await read(plain, from, readTo)
  const view = (from_: number, to_: number) => bytes.subarray(from_ - from, to_ - from)
  const source = sealedSource(seal, { size: plain.size, read: async (from_, to_) => view(from_, to_) })
  const pieces = await hashAll('SHA-1', piecesOf(span), (algorithm, { start, end }) =>
    inSpare(end - start, async into => digest(algorithm, await source.read(start, end, into))),
  )
  if (!begun) return { pieces, chunks: null }
  const parts = begun.chunks.map(chunk => view(chunk.start, chunk.end))
  return { pieces, chunks: { first: begun.first, digests: await hashAll('SHA-256', parts, digest) } }
}

const read = async (blob: Blob, start: number, end: number) =>
  new Uint8Array(await blob.slice(start, end).arrayBuffer())

/** The pieces in a span. */
function piecesOf({ start, end }: HashSpan): HashSpan[] {
  const { pieceLength } = job
  return Array.from({ length: Math.ceil((end - start) / pieceLength) }, (_, index) => {
    const from = start + index * pieceLength
    return { start: from, end: Math.min(from + pieceLength, end) }
  })
}

/** Memory for encrypted pieces, used again: fresh memory costs as much as a digest. */
const spares: Uint8Array<ArrayBuffer>[] = []

/** Calls `use` with memory of `length` bytes, a piece at most, that is its own until it ends. */
async function inSpare<T>(length: number, use: (memory: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T> {
  const memory = spares.pop() ?? new Uint8Array(job.pieceLength)
  const result = await use(memory.subarray(0, length))
  spares.push(memory)
  return result
}

type Algorithm = 'SHA-1' | 'SHA-256'

const digest = (algorithm: Algorithm, bytes: Uint8Array<ArrayBuffer>) =>
  crypto.subtle.digest(algorithm, bytes)

/** The digests of `parts`, which `hash` makes, one after the other. */
async function hashAll<T>(
  algorithm: Algorithm,
  parts: readonly T[],
  hash: (algorithm: Algorithm, part: T) => Promise<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const size = algorithm === 'SHA-1' ? 20 : 32
  const digests = new Uint8Array(size * parts.length)
  const rest = parts.entries()
  const hashNext = async () => {
    for (const [index, part] of rest) {
      digests.set(new Uint8Array(await hash(algorithm, part)), size * index)
    }
  }
  await Promise.all(Array.from({ length: DIGESTS_AT_ONCE }, hashNext))
  return digests
}

/** `ready?` is answered once the script runs. */
self.onmessage = async (event: MessageEvent<HashJob | HashSpan | 'ready?'>) => {
  if (event.data === 'ready?') return self.postMessage('ready')
  if ('content' in event.data) {
    job = event.data
    return
  }
  self.postMessage(await hashSpan(event.data))
}
