import { escapeXml } from '../base/escape-xml.ts'
import type { Locale } from '../i18n/locales.ts'
import { contentSize } from '../protocol/content-size.ts'
import type { Share } from '../protocol/share.ts'
import { visibleName } from '../torrent/paths.ts'
import { frameHash } from './frame-hash.ts'

/** What a site owner can choose for a widget; empty: the default. Values as in docs/embedding.md. */
export interface SnippetOptions {
  readonly mode: 'card' | 'button' | 'player'
  readonly theme: 'auto' | 'light' | 'dark'
  readonly lang: '' | Locale
  readonly label: string
}

/** Permissions of the frame: a player starts after a click in the embedding page, and can fill the screen. */
export const FRAME_ALLOW = 'autoplay; fullscreen; picture-in-picture'

/** Size of the frame in each mode, in CSS pixels. */
export const FRAME_WIDTH = 448
export const FRAME_HEIGHTS = { card: 240, button: 160, player: 520 } as const

const LINK_TEXTS: Readonly<Record<Locale, { readonly download: string; readonly play: string }>> = {
  en: { download: 'Download {name}', play: 'Play {name}' },
  de: { download: '{name} herunterladen', play: '{name} abspielen' },
  fr: { download: 'Télécharger {name}', play: 'Lire {name}' },
  es: { download: 'Descargar {name}', play: 'Reproducir {name}' },
  ja: { download: '{name}をダウンロード', play: '{name}を再生' },
  ar: { download: 'تنزيل {name}', play: 'تشغيل {name}' },
}

/** The attributes that differ from the defaults. */
const attributesOf = ({ label, lang, mode, theme }: SnippetOptions) => ({
  ...(mode !== 'card' && { mode }),
  ...(theme !== 'auto' && { theme }),
  ...(lang && { lang }),
  ...(label && { label }),
})

/** Path of the frame page; of an encrypted share with its key, and its name and what the button says behind the `#` as well. */
export function framePath(share: Share, options: SnippetOptions): string {
  const { infoHash, links, name, title } = share
  const key = new URL(links.page).hash.slice(1)
  const { label, ...rest } = attributesOf(options)
  const query = new URLSearchParams({ ...rest, ...(label && key === '' && { label }) }).toString()
  const hash = frameHash(key, { label, name: visibleName(title || name), size: String(contentSize(share)) })
  return `/embed/${infoHash}${query === '' ? '' : `?${query}`}${hash}`
}

/** Path of a frame page that looks as what is pasted for pages that allow scripts, where the link inside is the text of the button. */
export const previewPath = (share: Share, options: SnippetOptions): string =>
  framePath(share, { ...options, label: options.label || linkTextOf(share, options) })

/** What the link inside the widget says: also where scripts are off. */
function linkTextOf({ name, title }: Share, { lang, mode }: SnippetOptions): string {
  const shownName = visibleName(title || name)
  const { download, play } = LINK_TEXTS[lang || 'en']
  return (mode === 'player' ? play : download).replace('{name}', () => shownName)
}

/** HTML of a frame of `src`; sizes in CSS pixels. */
export const frameHtml = (src: string, title: string, width: number, height: number): string =>
  `<iframe src="${escapeXml(src)}" title="${escapeXml(title)}" width="${width}" height="${height}" allow="${FRAME_ALLOW}" style="border:0;max-width:100%"></iframe>`

/** The widget for another site: HTML with our script, HTML with a frame, and a badge in Markdown. */
export function snippetsOf(share: Share, options: SnippetOptions) {
  const { infoHash, links, name, title } = share
  const { hash, origin } = new URL(links.page)
  const shownName = visibleName(title || name)
  // A card shows name and size before it loads anything; the frame page has them from the server.
  const about = options.mode === 'button' ? {} : { name: shownName, size: String(contentSize(share)) }
  const key = hash === '' ? {} : { key: hash.slice(1) }
  const attributes = Object.entries({ ...key, ...attributesOf(options), ...about })
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')
  const link = `<a href="${escapeXml(links.page)}">${escapeXml(linkTextOf(share, options))}</a>`
  return {
    script: `<script type="module" src="${origin}/embed.js"></script>\n<tabseed-download share="${infoHash}"${attributes}>${link}</tabseed-download>`,
    frame: frameHtml(origin + framePath(share, options), shownName, FRAME_WIDTH, FRAME_HEIGHTS[options.mode]),
    markdown: `[![${shownName.replaceAll(/[[\]\\`<>]/g, '\\$&')}](${origin}/badge/${infoHash}.svg)](${links.page})`,
  }
}
