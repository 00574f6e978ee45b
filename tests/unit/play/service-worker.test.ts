import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const SOURCE = readFileSync(join(import.meta.dirname, '../../../public/sw.js'), 'utf8')
const PATH = `/play/${'a'.repeat(40)}/0/film.mp4`

const ports: MessagePort[] = []
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  for (const port of ports.splice(0)) port.close()
  vi.useRealTimers()
})

/** A tab of ours, with the port of each question that reaches it. */
function newTab(id: string) {
  const asked = Promise.withResolvers<MessagePort>()
  const postMessage = (_: unknown, [port]: [MessagePort]) => {
    ports.push(port)
    asked.resolve(port)
  }
  return { id, asked: asked.promise, client: { id, frameType: 'top-level', postMessage } }
}

type Tab = ReturnType<typeof newTab>

/** What the service worker answers to a player of `asker` while these tabs are open. */
function play(asker: Tab, tabs: readonly Tab[]): Promise<Response> {
  let listener: (event: unknown) => void = () => {}
  const self = {
    location: { origin: 'http://localhost' },
    clients: { matchAll: async () => tabs.map(({ client }) => client) },
    addEventListener: (type: string, added: typeof listener) => {
      if (type === 'fetch') listener = added
    },
  }
  runInNewContext(SOURCE, { self, URL, Response, ReadableStream, MessageChannel, setTimeout, clearTimeout })
  return new Promise(resolve => {
    listener({
      clientId: asker.id,
      request: new Request(`http://localhost${PATH}`),
      respondWith: (answer: Promise<Response>) => resolve(answer),
    })
  })
}

const message = (port: MessagePort) =>
  new Promise<unknown>(resolve => port.addEventListener('message', ({ data }) => resolve(data)))

const ANSWER = { status: 200, headers: {}, hasBody: true }

test('the tab that plays is asked first, and gives the bytes one pull at a time', async () => {
  const [asker, other] = [newTab('asker'), newTab('other')]
  const answered = play(asker, [other, asker])
  const port = await asker.asked
  port.onmessage = () => port.postMessage({ bytes: new Uint8Array([1, 2]), done: true })
  port.postMessage(ANSWER)
  const body = await (await answered).arrayBuffer()
  expect([...new Uint8Array(body)]).toEqual([1, 2])
})

test('a tab that answers too late is asked to cancel its stream', async () => {
  const tab = newTab('frozen')
  const answered = play(tab, [tab])
  const port = await tab.asked
  await vi.advanceTimersByTimeAsync(5000)
  expect((await answered).status).toBe(404)
  const said = message(port)
  port.start()
  port.postMessage(ANSWER)
  expect(await said).toBe('cancel')
})
