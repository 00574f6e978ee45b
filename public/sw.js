// Answers /save/<id> with a stream that a page of ours is producing, so that the browser writes it to disk as it
// comes. Nothing else is intercepted: every other request goes to the network as if this file did not exist.

/** @type {Map<string, { name: string, length: number | null, stream: ReadableStream }>} */
const saves = new Map()

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

self.addEventListener('message', event => {
  const { save, name, length, stream } = event.data
  if (save === undefined) return
  saves.set(save, { name, length, stream })
  event.ports[0].postMessage('ready')
})

self.addEventListener('fetch', event => {
  const { origin, pathname } = new URL(event.request.url)
  if (origin !== self.location.origin || !pathname.startsWith('/save/')) return
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
