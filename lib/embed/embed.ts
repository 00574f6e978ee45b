/** `/embed.js`: defines `<tabseed-download>` and loads nothing until somebody wants a download. */

import { runInFrame } from './in-frame.ts'
import { runInPage } from './in-page.ts'
import { defineWidget } from './widget/element.ts'

defineWidget(({ mode }) => {
  // For a page on plain http a browser hashes neither here nor in a frame.
  if (!globalThis.isSecureContext) return []
  // A player needs our service worker, which answers for pages of our own origin only.
  return mode === 'player' ? [runInFrame] : [runInPage, runInFrame]
})
