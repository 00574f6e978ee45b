/**
 * What is written goes over `port` to `bodyFrom` in `public/sw.js`, a chunk whenever that asks for one: for browsers in
 * which a stream itself cannot be transferred (Safari). Fails with an `AbortError` when the other side cancels, and when
 * `signal` aborts: by itself, `pipeTo` would wait until a chunk that it has begun to write is asked for.
 */
export function portSink(port: MessagePort, signal: AbortSignal): WritableStream<Uint8Array<ArrayBuffer>> {
  let asked = Promise.withResolvers<void>()
  const give = (reason: unknown) => {
    asked.reject(reason)
    // Nobody may be waiting for it.
    asked.promise.catch(() => undefined)
  }
  /** Resolves when the other side wants something. */
  const turn = async () => {
    await asked.promise
    asked = Promise.withResolvers()
  }
  return new WritableStream({
    start(controller) {
      for (const end of [controller.signal, signal]) end.addEventListener('abort', () => give(end.reason))
      port.onmessage = ({ data }: MessageEvent<unknown>) => {
        if (data !== 'cancel') return asked.resolve()
        const reason = new DOMException('cancelled', 'AbortError')
        give(reason)
        controller.error(reason)
      }
    },
    async write(chunk) {
      try {
        await turn()
      } catch (reason) {
        port.postMessage({ failed: true })
        throw reason
      }
      // The memory behind it may be somebody's, and more than the chunk.
      const bytes = chunk.slice()
      port.postMessage({ bytes }, [bytes.buffer])
    },
    async close() {
      await turn()
      port.postMessage({ done: true })
    },
    abort() {
      port.postMessage({ failed: true })
    },
  })
}
