/**
 * `/embed-frame.js`: script of `/embed/<infohash>`, the widget on our own page. Reports to the embedding page and takes its
 * commands, which can do no more than a click.
 */

import { readFrameHash } from './frame-hash.ts'
import { runInPage } from './in-page.ts'
import { type FrameMessage, readHostMessage } from './messages.ts'
import { ATTRIBUTES } from './options.ts'
import { showPlayer } from './player.ts'
import { IDLE } from './status.ts'
import { defineWidget } from './widget/element.ts'

const STYLE = `
html{color-scheme:light dark}
html:has([theme=light]){color-scheme:light}
html:has([theme=dark]){color-scheme:dark}
body{margin:0}
tabseed-download{max-width:none!important}
video,audio{display:block;width:100%;max-height:70vh;border-radius:.625rem;margin-bottom:.5rem}
video{background:#000;aspect-ratio:16/9}
p{font-size:.875rem;line-height:1.45;margin:0 0 .5rem}
`

const sheet = new CSSStyleSheet()
sheet.replaceSync(STYLE)
document.adoptedStyleSheets = [sheet]

/** Post to the embedding page, if there is one. */
const post = (message: FrameMessage): void => {
  if (parent !== window) parent.postMessage(message, '*')
}

new ResizeObserver(() => post({ tabseed: 'size', height: document.body.scrollHeight })).observe(document.body)

const { error, share } = document.body.dataset
if (share) showWidget(share)
post({ tabseed: 'ready' })
// The server refused the share; the page shows the reason.
if (error) {
  const message = document.body.textContent.trim()
  post({ tabseed: 'status', status: { ...IDLE, state: 'error', error: { code: error, message } } })
}

function showWidget(infoHash: string): void {
  const widget = document.createElement('tabseed-download')
  const query = new URLSearchParams(location.search)
  const { hidden, key } = readFrameHash(location.hash)
  const given: Partial<Record<string, string>> = { ...hidden, key }
  for (const name of ATTRIBUTES) {
    // The server put into the page what the address leaves out.
    const value = given[name] ?? query.get(name) ?? document.body.dataset[name]
    if (value !== undefined) widget.setAttribute(name, value)
  }
  if (hidden.name) document.title = hidden.name
  // The page belongs to this share, whatever the query says.
  widget.setAttribute('share', infoHash)

  widget.addEventListener('tabseed:status', ({ detail }) => {
    post({ tabseed: 'status', status: detail })
    showPlayer(widget, detail)
  })

  defineWidget(() => [runInPage])
  document.body.prepend(widget)

  addEventListener('message', ({ data, source }) => {
    const message = source === parent && parent !== window ? readHostMessage(data) : null
    if (message?.tabseed === 'start') widget.start()
    if (message?.tabseed === 'pause') widget.pause()
    if (message?.tabseed !== 'set') return
    if (message.value === null) widget.removeAttribute(message.name)
    else widget.setAttribute(message.name, message.value)
  })
}
