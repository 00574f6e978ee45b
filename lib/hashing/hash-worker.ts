/** Worker side of `hashSpans`: reads a span of the content once and hashes the pieces in it. */
import { sealedSource } from '../encryption/sealed-source.ts'
import type { ByteSource } from '../torrent/metainfo.ts'
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
    if (!(content instanceof Blob)) return { start, end, hashes: await hashSealed(content, span) }
    return { start, end, hashes: { pieces: await hashPieces(await read(content, start, end)), chunks: null } }
  } catch (reason) {
    const { name, message } = reason instanceof Error ? reason : new Error(String(reason))
    return { start, failure: { name, message } }
  }
}

/** One read serves the chunks and the pieces; but the end of a chunk that ends behind the span is read again with the next. */
async function hashSealed(
  { chunked, plain, seal }: SealedContent,
  { start, end }: HashSpan,
): Promise<SpanHashes> {
  const from = Math.max(0, start - seal.head.length)
  const to = Math.max(0, end - seal.head.length)
  const begun = chunked && chunksIn(chunked, seal.chunkLength, { from, to })
  // The last chunk may end behind the span.
  const readTo = Math.max(to, begun?.chunks.at(-1)?.end ?? 0)
  const bytes = await read(plain, from, readTo)
  const view = (from_: number, to_: number) => bytes.subarray(from_ - from, to_ - from)
  const source: ByteSource = { size: plain.size, read: async (from_, to_) => view(from_, to_) }
  const sealed = await sealedSource(seal, source).read(start, end)
  const pieces = await hashPieces(sealed)
  if (!begun) return { pieces, chunks: null }
  const parts = begun.chunks.map(chunk => view(chunk.start, chunk.end))
  return { pieces, chunks: { first: begun.first, digests: await hashAll('SHA-256', parts) } }
}

const read = async (blob: Blob, start: number, end: number) =>
  new Uint8Array(await blob.slice(start, end).arrayBuffer())

function hashPieces(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { pieceLength } = job
  const count = Math.ceil(bytes.length / pieceLength)
  const pieces = Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * pieceLength, (index + 1) * pieceLength),
  )
  return hashAll('SHA-1', pieces)
}

/** The digests of `parts`, one after the other. */
async function hashAll(algorithm: 'SHA-1' | 'SHA-256', parts: readonly Uint8Array<ArrayBuffer>[]) {
  const size = algorithm === 'SHA-1' ? 20 : 32
  const digests = new Uint8Array(size * parts.length)
  const rest = parts.entries()
  const hashNext = async () => {
    for (const [index, part] of rest) {
      digests.set(new Uint8Array(await crypto.subtle.digest(algorithm, part)), size * index)
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
