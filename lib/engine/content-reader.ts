/** Bytes of one chunk: large enough that a player asks seldom, small enough that a seek wastes little. */
const CHUNK_BYTES = 256 * 1024

/** What a reader needs of the swarm it reads from. */
export interface ReadableSwarm {
  readonly pieceLength: number
  /** Bytes of a piece that is here. */
  read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>
  /** The reader is past this piece and all before it. */
  passed(index: number): void
  /** Resolves when piece `index` is here; rejects when the swarm ends or `signal` aborts. */
  arrival(index: number, signal: AbortSignal): Promise<void>
  /** Bytes from `at()` on are wanted now, in order; returns how to take that back. */
  hurry(at: () => number): () => void
}

/**
 * Bytes [start, end) of the content as they arrive, fetched from `start` on before anything else. Nothing is asked for
 * before the first pull, and no more than the swarm's own read-ahead is fetched beyond what was pulled; cancel ends it.
 */
export function readContent(
  swarm: ReadableSwarm,
  start: number,
  end: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = start
  const ended = new AbortController()
  let calm = () => {}
  return new ReadableStream(
    {
      start() {
        calm = swarm.hurry(() => at)
        // What an earlier range ended in, unless this one begins in it.
        swarm.passed(Math.floor(start / swarm.pieceLength) - 1)
      },
      async pull(controller) {
        if (at >= end) {
          calm()
          controller.close()
          return
        }
        const index = Math.floor(at / swarm.pieceLength)
        const pieceStart = index * swarm.pieceLength
        const pieceEnd = Math.min(pieceStart + swarm.pieceLength, end)
        try {
          await swarm.arrival(index, ended.signal)
          const length = Math.min(CHUNK_BYTES, pieceEnd - at)
          // A copy of its own: the store may give a view into its cache, and the reader may transfer what it gets.
          const bytes = (await swarm.read(index, at - pieceStart, length)).slice()
          at += length
          // A piece that the range ends in may begin the next file, which is read next.
          if (at === pieceStart + swarm.pieceLength) swarm.passed(index)
          controller.enqueue(bytes)
        } catch (reason) {
          calm()
          throw reason
        }
      },
      cancel() {
        calm()
        ended.abort()
      },
    },
    { highWaterMark: 0 },
  )
}
