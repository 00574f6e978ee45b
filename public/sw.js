// Answers two kinds of address with bytes that a page of ours produces; every other request goes to the network as if
// this file did not exist.
//   /save/<id>                      a stream handed over before: the browser writes it to disk as it comes
//   /play/<info hash>/<file>/<name> a file of a share, or a range of it: asked of a tab that takes part in that share

/** Frozen tabs never answer. */
const ANSWER_LIMIT_MS = 5_000

/** @type {Map<string, { name: string, length: number | null, stream: ReadableStream }>} */
const saves = new Map()

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

self.addEventListener('message', event => {
  const { save, name, length, stream, claim } = event.data
  if (claim) event.waitUntil(self.clients.claim())
  if (save === undefined) return
  saves.set(save, { name, length, stream })
  event.ports[0].postMessage('ready')
})

self.addEventListener('fetch', event => {
  const { origin, pathname } = new URL(event.request.url)
  if (origin !== self.location.origin) return
  if (pathname.startsWith('/play/') && event.request.method === 'GET') {
    event.respondWith(play(event, pathname))
    return
  }
  if (!pathname.startsWith('/save/')) return
  const id = pathname.slice('/save/'.length)
  const save = saves.get(id)
  if (!save) return
  saves.delete(id)
  const headers = new Headers({
    'content-type': 'application/octet-stream',
    // RFC 8187: any name, and nothing in it can end the header.
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(save.name).replace(/['()*]/g, char => `%${char.charCodeAt(0).toString(16)}`)}`,
    'x-content-type-options': 'nosniff',
  })
  if (save.length !== null) headers.set('content-length', String(save.length))
  event.respondWith(new Response(save.stream, { headers }))
})

/** The page that plays is asked first: it is the one that most likely has the share. */
async function play(event, path) {
  const { headers } = event.request
  // There is no validator that `If-Range` could match: then the whole file is the answer.
  const range = headers.has('if-range') ? null : headers.get('range')
  const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // Of frames, only widgets on other sites run anything; the rest would be waited for.
  const able = tabs.filter(
    tab => tab.frameType === 'top-level' || new URL(tab.url).pathname.startsWith('/embed/'),
  )
  const asker = able.filter(tab => tab.id === event.clientId)
  const others = able.filter(tab => tab.id !== event.clientId)
  const answer = (await firstAnswer(asker, path, range)) ?? (await firstAnswer(others, path, range))
  if (!answer) return new Response('Open the page of this share first.\n', { status: 404 })
  return new Response(answer.hasBody ? bodyFrom(answer.port, event.request.signal) : null, answer)
}

/** What the first of `tabs` says that takes part in the share, or null. */
async function firstAnswer(tabs, path, range) {
  const asked = tabs.map(tab => ask(tab, path, range))
  const answer = await Promise.any(asked).catch(() => null)
  for (const other of asked) {
    other.then(
      ({ port }) => port !== answer?.port && port.postMessage('cancel'),
      () => {},
    )
  }
  return answer
}

function ask(tab, path, range) {
  return new Promise((resolve, reject) => {
    const { port1: port, port2 } = new MessageChannel()
    const limit = setTimeout(() => {
      // A frozen tab answers when it wakes: nobody will pull what it holds ready then.
      port.onmessage = ({ data }) => data && port.postMessage('cancel')
      reject()
    }, ANSWER_LIMIT_MS)
    port.onmessage = ({ data }) => {
      clearTimeout(limit)
      if (data) resolve({ ...data, port })
      else reject()
    }
    tab.postMessage({ play: path, range }, [port2])
  })
}

/** The bytes that the tab gives: one chunk is asked for when the browser has room for it. */
function bodyFrom(port, signal) {
  const cancel = () => port.postMessage('cancel')
  signal.addEventListener('abort', cancel)
  return new ReadableStream(
    {
      start(controller) {
        // The tab was closed.
        port.onclose = () => controller.error(new TypeError('the tab that gave the bytes is gone'))
      },
      pull(controller) {
        return new Promise(resolve => {
          port.onmessage = ({ data }) => {
            if (data.bytes) controller.enqueue(data.bytes)
            else port.onclose = null
            if (data.done) controller.close()
            if (data.failed) controller.error(new TypeError('the bytes could not be fetched'))
            resolve()
          }
          port.postMessage('pull')
        })
      },
      cancel,
    },
    { highWaterMark: 0 },
  )
}
