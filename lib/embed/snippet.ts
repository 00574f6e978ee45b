import { escapeXml } from '../escape-xml.ts'
import type { Share } from '../protocol/share.ts'
import { visibleName } from '../torrent/paths.ts'

/** What a site owner may choose for a widget; empty: as it comes. Values as in docs/embedding.md. */
export interface SnippetOptions {
  readonly mode: 'card' | 'button' | 'player'
  readonly theme: 'auto' | 'light' | 'dark'
  readonly lang: '' | 'en' | 'de'
  readonly label: string
}

/** The attributes that differ from what the widget does by itself. */
const attributesOf = ({ label, lang, mode, theme }: SnippetOptions) =>
  Object.entries({
    mode: mode === 'card' ? '' : mode,
    theme: theme === 'auto' ? '' : theme,
    lang,
    label,
  }).filter(([, value]) => value !== '')

/** Path of the widget on a page of ours, for a frame. */
export function framePath({ infoHash }: Share, options: SnippetOptions): string {
  const query = new URLSearchParams(attributesOf(options)).toString()
  return `/embed/${infoHash}${query === '' ? '' : `?${query}`}`
}

/** HTML for a page of another site, by script, by frame, and as a badge in Markdown. */
export function snippetsOf(share: Share, options: SnippetOptions) {
  const { infoHash, links, name, title } = share
  const { origin } = new URL(links.page)
  const called = visibleName(title || name)
  const attributes = attributesOf(options)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')
  const link = `<a href="${escapeXml(links.page)}">${escapeXml(called)}</a>`
  return {
    script: `<script type="module" src="${origin}/embed.js"></script>\n<tabseed-download share="${infoHash}"${attributes}>${link}</tabseed-download>`,
    frame: `<iframe src="${escapeXml(origin + framePath(share, options))}" title="${escapeXml(called)}" width="448" height="240" style="border:0"></iframe>`,
    markdown: `[![${called.replaceAll(/[[\]\\`<>]/g, '\\$&')}](${origin}/badge/${infoHash}.svg)](${links.page})`,
  }
}
