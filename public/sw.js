// Answers two kinds of URL with bytes from a page of ours; every other request goes to the network as without this file.
//   /save/<id>                      a stream that a page sent before: the browser writes it to disk as it arrives
//   /play/<info hash>/<file>/<name> a file of a share, or a range of it, from a tab that takes part in the share

/** Longest wait for a tab: frozen ones never answer. */
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
    // RFC 8187: allows any name, and no character in it can end the header.
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(save.name).replace(/['()*]/g, char => `%${char.charCodeAt(0).toString(16)}`)}`,
    'x-content-type-options': 'nosniff',
  })
  if (save.length !== null) headers.set('content-length', String(save.length))
  event.respondWith(new Response(save.stream, { headers }))
})

/** Asks the page that plays first, because it most likely takes part in the share. */
async function play(event, path) {
  const { headers } = event.request
  // Our answers have no validator that `If-Range` could match, so it gets the whole file (RFC 9110, section 13.1.5).
  const range = headers.has('if-range') ? null : headers.get('range')
  const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // Of frames, only widgets on other sites answer; waiting for others would take the whole limit.
  const candidates = tabs.filter(
    tab => tab.frameType === 'top-level' || new URL(tab.url).pathname.startsWith('/embed/'),
  )
  const player = candidates.filter(tab => tab.id === event.clientId)
  const others = candidates.filter(tab => tab.id !== event.clientId)
  const answer = (await firstAnswer(player, path, range)) ?? (await firstAnswer(others, path, range))
  if (!answer) return new Response('Open the page of this share first.\n', { status: 404 })
  return new Response(answer.hasBody ? bodyFrom(answer.port, event.request.signal) : null, answer)
}

/** The answer of the first of `tabs` that takes part in the share, or null. */
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
      // A frozen tab answers when it wakes, too late: free what it holds ready.
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

/** The bytes from the tab: a chunk is requested whenever the browser has room for it. */
function bodyFrom(port, signal) {
  const cancel = () => port.postMessage('cancel')
  signal.addEventListener('abort', cancel)
  return new ReadableStream(
    {
      start(controller) {
        // The tab is closed.
        port.onclose = () => controller.error(new TypeError('the tab that sends the bytes is closed'))
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
