import { expect, it, onTestFinished } from 'vitest'
import { portSink } from '../../../lib/save/port-sink.ts'

/** A sink, and the other side of it: what `public/sw.js` asks and gets. */
function open(signal = new AbortController().signal) {
  const { port1, port2 } = new MessageChannel()
  onTestFinished(() => {
    port1.close()
    port2.close()
  })
  const pull = () =>
    new Promise<unknown>(resolve => {
      port2.onmessage = ({ data }) => resolve(data)
      port2.postMessage('pull')
    })
  return { sink: portSink(port1, signal), pull, cancel: () => port2.postMessage('cancel') }
}

const streamOf = (...chunks: readonly Uint8Array<ArrayBuffer>[]) =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })

it('gives a chunk for each request, then the end', async () => {
  const { pull, sink } = open()
  const end = streamOf(Uint8Array.of(1, 2), Uint8Array.of(3)).pipeTo(sink)
  expect(await pull()).toEqual({ bytes: Uint8Array.of(1, 2) })
  expect(await pull()).toEqual({ bytes: Uint8Array.of(3) })
  expect(await pull()).toEqual({ done: true })
  await end
})

it('sends the chunk alone, and leaves the memory behind it to its owner', async () => {
  const { pull, sink } = open()
  const memory = Uint8Array.of(9, 1, 2, 9)
  void streamOf(memory.subarray(1, 3)).pipeTo(sink)
  const { bytes } = (await pull()) as { bytes: Uint8Array }
  expect([...bytes]).toEqual([1, 2])
  expect(bytes.buffer.byteLength).toBe(2)
  expect([...memory]).toEqual([9, 1, 2, 9])
})

it('ends with an AbortError when the other side cancels, while it waits or between two requests', async () => {
  for (const before of [0, 1]) {
    const { cancel, pull, sink } = open()
    const end = streamOf(Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)).pipeTo(sink)
    for (let pulled = 0; pulled < before; pulled++) await pull()
    cancel()
    await expect(end).rejects.toMatchObject({ name: 'AbortError' })
  }
})

it('tells the other side that the source failed', async () => {
  const failing = open()
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: () => Promise.reject(new Error('gone')),
  })
  await expect(source.pipeTo(failing.sink)).rejects.toThrow('gone')
  expect(await failing.pull()).toEqual({ failed: true })
})

it('ends at once when the person cancels, also while nobody asks for more, and tells the other side', async () => {
  const person = new AbortController()
  const { pull, sink } = open(person.signal)
  const end = streamOf(Uint8Array.of(1)).pipeTo(sink, { signal: person.signal })
  person.abort()
  await expect(end).rejects.toMatchObject({ name: 'AbortError' })
  expect(await pull()).toEqual({ failed: true })
})
