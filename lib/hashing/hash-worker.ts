/** Worker side of `hashSpans`: reads a span of the content once and hashes the pieces in it. */

export interface HashJob {
  readonly content: Blob
  readonly pieceLength: number
}

/** A span to hash: bytes [start, end) of the content, `start` on a piece boundary. */
export interface HashSpan {
  readonly start: number
  readonly end: number
}

export type HashReply =
  | { readonly start: number; readonly end: number; readonly digests: Uint8Array<ArrayBuffer> }
  | { readonly start: number; readonly failure: { readonly name: string; readonly message: string } }

/** Computing a digest copies the piece: all pieces of a span at once would hold it in memory twice. */
const DIGESTS_AT_ONCE = 2

let job: HashJob

async function hashSpan({ start, end }: HashSpan): Promise<HashReply> {
  try {
    const bytes = await job.content.slice(start, end).arrayBuffer()
    const pieceCount = Math.ceil((end - start) / job.pieceLength)
    const digests = new Uint8Array(20 * pieceCount)
    const pieces = Array(pieceCount).keys()
    const hashNext = async () => {
      for (const index of pieces) {
        const offset = index * job.pieceLength
        const piece = new Uint8Array(bytes, offset, Math.min(job.pieceLength, bytes.byteLength - offset))
        digests.set(new Uint8Array(await crypto.subtle.digest('SHA-1', piece)), 20 * index)
      }
    }
    await Promise.all(Array.from({ length: DIGESTS_AT_ONCE }, hashNext))
    return { start, end, digests }
  } catch (reason) {
    const { name, message } = reason instanceof Error ? reason : new Error(String(reason))
    return { start, failure: { name, message } }
  }
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
