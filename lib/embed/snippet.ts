import { escapeXml } from '../base/escape-xml.ts'
import type { Share } from '../protocol/share.ts'
import { visibleName } from '../torrent/paths.ts'

/** What a site owner may choose for a widget; empty: as it comes. Values as in docs/embedding.md. */
export interface SnippetOptions {
  readonly mode: 'card' | 'button' | 'player'
  readonly theme: 'auto' | 'light' | 'dark'
  readonly lang: '' | 'en' | 'de'
  readonly label: string
}

/** What a frame of ours needs beside its address: a player plays after a click in the page around, and fills the screen. */
export const FRAME_ALLOW = 'autoplay; fullscreen; picture-in-picture'

/** Room for what is shown, in each mode, in CSS pixels. */
export const FRAME_WIDTH = 448
export const FRAME_HEIGHTS = { card: 240, button: 160, player: 520 } as const

/** The attributes that differ from what the widget does by itself. */
const attributesOf = ({ label, lang, mode, theme }: SnippetOptions) => ({
  ...(mode !== 'card' && { mode }),
  ...(theme !== 'auto' && { theme }),
  ...(lang && { lang }),
  ...(label && { label }),
})

/** Path of the widget on a page of ours, for a frame. */
export function framePath({ infoHash }: Share, options: SnippetOptions): string {
  const query = new URLSearchParams(attributesOf(options)).toString()
  return `/embed/${infoHash}${query === '' ? '' : `?${query}`}`
}

/** HTML of a frame of ours at `src`; sizes in CSS pixels. */
export const frameHtml = (src: string, title: string, width: number, height: number): string =>
  `<iframe src="${escapeXml(src)}" title="${escapeXml(title)}" width="${width}" height="${height}" allow="${FRAME_ALLOW}" style="border:0;max-width:100%"></iframe>`

/** HTML for a page of another site, by script, by frame, and as a badge in Markdown. */
export function snippetsOf(share: Share, options: SnippetOptions) {
  const { infoHash, length, links, name, title } = share
  const { origin } = new URL(links.page)
  const called = visibleName(title || name)
  // A card says what there is before anything is asked for; a frame of ours knows.
  const about = options.mode === 'button' ? {} : { name: called, size: String(length) }
  const attributes = Object.entries({ ...attributesOf(options), ...about })
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')
  const link = `<a href="${escapeXml(links.page)}">${escapeXml(options.lang === 'de' ? `${called} herunterladen` : `Download ${called}`)}</a>`
  return {
    script: `<script type="module" src="${origin}/embed.js"></script>\n<tabseed-download share="${infoHash}"${attributes}>${link}</tabseed-download>`,
    frame: frameHtml(origin + framePath(share, options), called, FRAME_WIDTH, FRAME_HEIGHTS[options.mode]),
    markdown: `[![${called.replaceAll(/[[\]\\`<>]/g, '\\$&')}](${origin}/badge/${infoHash}.svg)](${links.page})`,
  }
}
