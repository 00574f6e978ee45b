/** `/embed.js`: defines `<tabseed-download>` and loads nothing until somebody wants a download. */
import { defineWidget } from './element.ts'
import { runInFrame } from './in-frame.ts'
import { runInPage } from './in-page.ts'

// A player needs our service worker, which answers for pages of our own origin only.
defineWidget(({ mode }) => (mode === 'player' ? [runInFrame] : [runInPage, runInFrame]))
