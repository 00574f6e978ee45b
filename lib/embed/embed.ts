/** `/embed.js`: defines `<tabseed-download>`; the engine is loaded only when a download starts. */

import { runInFrame } from './in-frame.ts'
import { runInPage } from './in-page.ts'
import { defineWidget } from './widget/element.ts'

defineWidget(({ mode }) => {
  // On a page of plain http browsers offer no hashing, not even in a frame.
  if (!globalThis.isSecureContext) return []
  // A player needs our service worker, which serves only pages of our own origin.
  return mode === 'player' ? [runInFrame] : [runInPage, runInFrame]
})
