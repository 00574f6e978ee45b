// Answers these requests; every other goes to the network as without this file.
//   /save/<id>                      a stream that a page sent before, or sends over a port: the browser writes it to disk as it arrives
//   /play/<info hash>/<file>/<name> a file of a share, or a range of it, from a tab that takes part in the share
//   POST /share-target              files from the share sheet of the system, handed to the publish page
//   pages and their scripts         from the network; while the server is away, as they were kept (lib/browser/kept-pages.ts)

/** Longest wait for a tab: frozen ones never answer. */
const ANSWER_LIMIT_MS = 5_000

/** @type {Map<string, { name: string, length: number | null, stream: ReadableStream | undefined, port: MessagePort | undefined }>} */
const saves = new Map()

/** Files from a share sheet until the publish page takes them, by the id in its address. */
const shared = new Map()
/** Milliseconds for which they are held: a cold page on a slow phone has asked by then. */
const SHARED_LIMIT_MS = 120_000

const PAGES = 'pages'
const SCRIPTS = 'scripts'
/** Scripts that are kept; the oldest go first. */
const SCRIPTS_MAX = 300
/** Milliseconds for which a kept page is not asked for again: shares come and go, and a server renders each page twice. */
const FRESH_MS = 600_000
/** What a proxy answers for a server that is away (RFC 9110, sections 15.6.3 to 15.6.5). */
const AWAY = new Set([502, 503, 504])
/** Not pages: the browser saves or frames what comes. */
const NO_PAGE = /^\/(?:save|play|api|t|w|embed|badge|share-target)\b/
/** Pages that were answered from here and do not know it yet, by the id of their client. */
const answered = new Set()

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

self.addEventListener('message', event => {
  const { save, name, length, stream, port, claim, keepPages, takeShared } = event.data
  if (keepPages) {
    if (answered.delete(event.source.id)) event.source.postMessage({ away: true })
    event.waitUntil(keep(keepPages).catch(() => {}))
  }
  if (takeShared !== undefined) {
    const files = shared.get(takeShared)
    files?.taken()
    event.ports[0].postMessage(files?.content ?? null)
  }
  if (claim) event.waitUntil(self.clients.claim())
  if (save === undefined) return
  saves.set(save, { name, length, stream, port })
  event.ports[0].postMessage('ready')
})

self.addEventListener('fetch', event => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (origin !== self.location.origin) return
  if (pathname === '/share-target' && request.method === 'POST') {
    event.respondWith(receive(event))
    return
  }
  if (request.method === 'GET' && pathname.startsWith('/_next/static/')) {
    event.respondWith(script(request))
    return
  }
  const { headers } = request
  const isPart = headers.has('next-router-prefetch') || headers.has('next-router-segment-prefetch')
  if (request.method === 'GET' && headers.get('rsc') === '1' && !isPart) {
    event.respondWith(page(event, partKey(pathname)))
    return
  }
  if (request.method === 'GET' && request.destination === 'document' && !NO_PAGE.test(pathname)) {
    event.respondWith(page(event, pathname))
    return
  }
  if (pathname.startsWith('/play/') && event.request.method === 'GET') {
    event.respondWith(play(event, pathname))
    return
  }
  if (!pathname.startsWith('/save/')) return
  const id = pathname.slice('/save/'.length)
  const save = saves.get(id)
  if (!save) return
  saves.delete(id)
  const saved = new Headers({
    'content-type': 'application/octet-stream',
    // RFC 8187: allows any name, and no character in it can end the header.
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(save.name).replace(/['()*]/g, char => `%${char.charCodeAt(0).toString(16)}`)}`,
    'x-content-type-options': 'nosniff',
  })
  if (save.length !== null) saved.set('content-length', String(save.length))
  event.respondWith(new Response(save.stream ?? bodyFrom(save.port), { headers: saved }))
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

/** The bytes from the tab: a chunk is requested whenever the browser has room for it, until `signal` aborts. */
function bodyFrom(port, signal = null) {
  const cancel = () => port.postMessage('cancel')
  signal?.addEventListener('abort', cancel)
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

/** Holds what the share sheet sends until the publish page asks for it: its address has the id. */
async function receive(event) {
  const id = crypto.randomUUID()
  try {
    const form = await event.request.formData()
    const text = ['url', 'text', 'title']
      .map(name => form.get(name))
      .find(value => typeof value === 'string' && value !== '')
    const files = form.getAll('files').filter(value => typeof value !== 'string')
    const { promise, resolve } = Promise.withResolvers()
    shared.set(id, { content: { files, text: text ?? '' }, taken: resolve })
    const limit = setTimeout(resolve, SHARED_LIMIT_MS)
    // Else the browser may end this worker before the page asks.
    event.waitUntil(
      promise.then(() => {
        clearTimeout(limit)
        shared.delete(id)
      }),
    )
    return Response.redirect(`/?shared=${id}`, 303)
  } catch {
    return Response.redirect('/?shared=missed', 303)
  }
}

/** Key of a page as Next's router asks for it. */
const partKey = path => `${path}?part`

/** A page from the network; while the server is away, as it was kept. */
async function page(event, key) {
  const answer = await fetch(event.request).catch(() => null)
  if (answer && !AWAY.has(answer.status)) return answer
  const pages = await caches.open(PAGES)
  const kept = await pages.match(key, { ignoreVary: true })
  if (!kept) return answer ?? Response.error()
  if (event.resultingClientId) answered.add(event.resultingClientId)
  else (await self.clients.get(event.clientId))?.postMessage({ away: true })
  return kept
}

/** A script or style sheet, whose content is in its name: from here if it is here. */
async function script(request) {
  const scripts = await caches.open(SCRIPTS)
  const kept = await scripts.match(request.url, { ignoreVary: true })
  if (kept) return addressed(kept, request)
  const answer = await fetch(request)
  // In development they change under the same name.
  if (answer.status === 200 && /immutable/.test(answer.headers.get('cache-control') ?? '')) {
    await scripts.put(request.url, answer.clone()).catch(() => {})
  }
  return addressed(answer, request)
}

/**
 * All workers have one script, and what each is to load stands in the fragment of its address. A worker's address is that of
 * the answer, which has another one's fragment or none; an answer without an address leaves the worker its own.
 */
const addressed = (answer, { destination }) =>
  destination === 'worker' ? new Response(answer.body, answer) : answer

/** The scripts and style sheets that a page names. */
const scriptsIn = html => html.match(/\/_next\/static\/[\w~./-]+\.(?:js|css)/g) ?? []

/** Keeps these pages, each in both forms, with their scripts, and no other. */
async function keep(paths) {
  const pages = await caches.open(PAGES)
  const wanted = new Set(paths.flatMap(path => [path, partKey(path)]))
  for (const { url } of await pages.keys()) {
    const { pathname, search } = new URL(url)
    if (!wanted.has(pathname + search)) await pages.delete(url, { ignoreVary: true })
  }
  const names = new Set()
  for (const path of paths) {
    const kept = await pages.match(path, { ignoreVary: true })
    if (kept && Date.now() - Date.parse(kept.headers.get('date') ?? '') < FRESH_MS) {
      for (const name of scriptsIn(await kept.text())) names.add(name)
      continue
    }
    const [whole, part] = await Promise.all([fetch(path), fetch(`${path}?_rsc`, { headers: { rsc: '1' } })])
    if (whole.status !== 200 || part.status !== 200 || part.redirected) continue
    const html = await whole.clone().text()
    for (const name of scriptsIn(html)) {
      if (names.has(name)) continue
      names.add(name)
      await script(new Request(name)).catch(() => {})
    }
    // After them: a page without its scripts is none.
    await pages.put(path, whole)
    await pages.put(partKey(path), part)
  }
  const scripts = await caches.open(SCRIPTS)
  const all = await scripts.keys()
  const old = all.filter(({ url }) => !names.has(new URL(url).pathname))
  for (const { url } of old.slice(0, Math.max(0, all.length - SCRIPTS_MAX)))
    await scripts.delete(url, { ignoreVary: true })
}

/** A notification of `lib/browser/notifications.ts`: brings the page it is about to the front. */
self.addEventListener('notificationclick', event => {
  event.notification.close()
  const path = event.notification.data?.path ?? '/'
  const show = async () => {
    const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
    const page = pages.find(({ url }) => new URL(url).pathname === path)
    return page ? page.focus() : self.clients.openWindow(path)
  }
  event.waitUntil(show())
})
