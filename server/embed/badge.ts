import { ERROR_STATUS } from '../../lib/base/errors.ts'
import { escapeXml } from '../../lib/base/escape-xml.ts'
import { formatBytes } from '../../lib/base/format.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import type { Reply } from '../http/reply.ts'

/** What a badge says about a share. */
export interface BadgeFacts {
  readonly name: string
  /** Bytes. */
  readonly length: number
  /** Peers that have everything. */
  readonly seeds: number
  /** This server holds a complete copy. */
  readonly cached: boolean
}

/** Longer names are cut in the middle: the beginning tells files apart, the end is the extension. */
const NAME_MAX = 40

/** Widths of an 11 px Verdana-like font, in pixels; `textLength` makes every font keep them. */
const NARROW = /[ijlftrI.,:;'|!()[\]{}·-]/
const WIDE = /[mwMWÄÖÜ@%]|[\u0250-\u1fff\u2070-\u{10ffff}]/u
const PADDING = 7

/** `GET /badge/<infohash>.svg`: name, size and number of seeds, for a README. `found` is null when there is no such share. */
export function badge(found: BadgeFacts | 'blocked' | null): Reply {
  const facts = found === 'blocked' ? null : found
  const parts = facts
    ? [shorten(visibleName(facts.name)), describe(facts)]
    : ['tabseed', found === 'blocked' ? 'blocked' : 'not found']
  const [left = '', right = ''] = parts
  const color = !facts ? '#635c51' : facts.seeds > 0 || facts.cached ? '#1d6f3a' : '#7d5200'
  const leftWidth = widthOf(left) + 2 * PADDING
  const rightWidth = widthOf(right) + 2 * PADDING
  const width = leftWidth + rightWidth
  const label = escapeXml(`${left}: ${right}`)
  const text = (content: string, x: number) =>
    `<text x="${x + PADDING}" y="14" textLength="${widthOf(content)}" lengthAdjust="spacingAndGlyphs">${escapeXml(content)}</text>`
  const body = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${label}">`,
    `<title>${label}</title>`,
    `<clipPath id="r"><rect width="${width}" height="20" rx="4"/></clipPath>`,
    '<g clip-path="url(#r)">',
    `<rect width="${leftWidth}" height="20" fill="#211f1b"/>`,
    `<rect x="${leftWidth}" width="${rightWidth}" height="20" fill="${color}"/>`,
    '</g>',
    '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">',
    text(left, 0),
    text(right, leftWidth),
    '</g></svg>',
  ].join('')
  return {
    status: facts ? 200 : ERROR_STATUS[found === 'blocked' ? 'share_blocked' : 'share_not_found'],
    headers: {
      'content-type': 'image/svg+xml; charset=utf-8',
      // Seeds come and go; the image proxies of code hosts respect this.
      'cache-control': 'public, max-age=60',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
    },
    body,
  }
}

function describe({ cached, length, seeds }: BadgeFacts): string {
  const seedText = seeds === 1 ? '1 seed' : `${seeds} seeds`
  return [formatBytes(length, 'en'), seedText, ...(cached ? ['cached'] : [])].join(' · ')
}

function shorten(name: string): string {
  const characters = [...name]
  if (characters.length <= NAME_MAX) return name
  return `${characters.slice(0, NAME_MAX - 13).join('')}…${characters.slice(-12).join('')}`
}

function widthOf(text: string): number {
  const widths = [...text].map(character => (NARROW.test(character) ? 4.5 : WIDE.test(character) ? 11 : 7))
  return Math.ceil(widths.reduce((sum, width) => sum + width, 0))
}
