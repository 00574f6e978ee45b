import { frameHash } from './frame-hash.ts'
import { type HostMessage, readFrameMessage } from './messages.ts'
import { ATTRIBUTES, type WidgetOptions } from './options.ts'
import { type RunRequest, SERVER } from './place.ts'
import { FRAME_ALLOW } from './snippet.ts'
import type { Runner } from './status.ts'
import { wordsOf } from './words.ts'

/** A loaded frame that stays silent for this long shows the browser's error page, not ours. */
const SILENCE_MS = 1_000
/** Longest time for a frame to load. */
const LOAD_LIMIT_MS = 20_000

/** More than any widget needs: the greatest height that a frame gets. */
const HEIGHT_MAX = 2_000

/** Address of the frame page for these options. */
function frameUrl(infoHash: string, options: WidgetOptions): string {
  const url = new URL(`/embed/${infoHash}`, SERVER)
  const { accent, label, language, mode, name, sha256, size, theme, webSeedOnly } = options
  const hash = frameHash(options.key ?? '', { label, name })
  const values: Partial<Record<(typeof ATTRIBUTES)[number], string | number | null>> = {
    mode,
    theme,
    accent,
    lang: language,
    ...(hash === '' && { label, name }),
    size,
    sha256,
    'web-seed-only': webSeedOnly ? 1 : null,
    'no-upload': options.noUpload ? 1 : null,
  }
  url.hash = hash
  for (const key of ATTRIBUTES) if (values[key]) url.searchParams.set(key, String(values[key]))
  return url.href
}

/** Run a download in a frame of our server's origin: for pages that allow nothing else, and for players. */
export function runInFrame(request: RunRequest): Promise<Runner> {
  const { infoHash, isDark, onFrame, onStatus, options, uploads } = request
  const frame = document.createElement('iframe')
  const stop = new AbortController()
  const send = (message: HostMessage) => frame.contentWindow?.postMessage(message, SERVER)
  let wanted = false
  // In a frame of another origin, `prefers-color-scheme` is the person's setting, not the colours of this page.
  const themeNow = () => {
    const { theme } = request.options
    return theme === 'auto' ? (isDark() ? 'dark' : 'light') : theme
  }
  let theme = themeNow()
  const syncTheme = () => {
    if (theme === themeNow()) return
    theme = themeNow()
    send({ tabseed: 'set', name: 'theme', value: theme })
  }
  const runner: Runner = {
    start() {
      wanted = true
      send({ tabseed: 'start' })
    },
    pause() {
      wanted = false
      send({ tabseed: 'pause' })
    },
    setUploads: on => send({ tabseed: 'set', name: 'no-upload', value: on ? null : '' }),
    setAttribute(name, value) {
      if (name !== 'theme') send({ tabseed: 'set', name, value })
      syncTheme()
    },
    // Only a click in the frame can save.
    save: () => {},
    close: () => {
      stop.abort()
      frame.remove()
    },
  }
  frame.title = `${wordsOf(options.language).download}: ${options.label || options.name || infoHash}`
  frame.allow = FRAME_ALLOW
  frame.src = frameUrl(infoHash, { ...options, theme, noUpload: options.noUpload || !uploads })
  frame.height = '160'
  return new Promise((resolve, reject) => {
    let ready = false
    const refuse = () => {
      if (ready || stop.signal.aborted) return
      runner.close()
      reject(new TypeError('the frame was not loaded'))
    }
    addEventListener(
      'message',
      ({ data, origin, source }) => {
        if (source !== frame.contentWindow || origin !== SERVER) return
        const message = readFrameMessage(data)
        syncTheme()
        if (message?.tabseed === 'status') onStatus(message.status)
        if (message?.tabseed === 'size')
          frame.height = String(Math.min(HEIGHT_MAX, Math.ceil(message.height)))
        if (message?.tabseed !== 'ready') return
        ready = true
        resolve(runner)
        // A frame that is moved in the page loads again.
        if (wanted) runner.start()
      },
      { signal: stop.signal },
    )
    frame.addEventListener('load', () => setTimeout(refuse, SILENCE_MS))
    setTimeout(refuse, LOAD_LIMIT_MS)
    onFrame(frame)
  })
}
