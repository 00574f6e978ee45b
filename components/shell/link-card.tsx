import { ImageResponse } from 'next/og'
import { getTranslations } from 'next-intl/server'
import { formatBytes } from '../../lib/base/format.ts'
import type { Locale } from '../../lib/i18n/locales.ts'
import figtree from './figtree.json' with { type: 'json' }
import { LOGO } from './logo.tsx'

/** Pixels; the size that Open Graph recommends. */
export const LINK_CARD_SIZE = { width: 1200, height: 630 }

/**
 * Characters that neither Figtree nor the font of next/og has. For those it would load a font or an emoji image from Google or a CDN,
 * but we call no other host.
 */
const NOT_IN_FONTS =
  /[^\x20-\x7e\u00a0\u00b7\u00c0-\u0113\u0116-\u012b\u012e-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u014d\u0150-\u017e\u0400-\u045f\u2013\u2014\u2018-\u201a\u201c-\u201e\u2026]+/gu

/** Of the others, those that Figtree lacks. */
const NOT_IN_FIGTREE = /[\u0128\u0129\u0162\u0163\u0166-\u0169\u0400-\u045f]/

const TITLE_MAX = 90

/** `text` reduced to what the card's fonts can show; empty when nothing remains. */
export function drawable(text: string): string {
  const shown = text.normalize('NFC').replace(NOT_IN_FONTS, ' ').replace(/\s+/g, ' ').trim()
  return shown.length > TITLE_MAX ? `${shown.slice(0, TITLE_MAX - 1).trimEnd()}…` : shown
}

const fonts = (
  [
    ['bold', 700],
    ['regular', 400],
  ] as const
).flatMap(([name, weight]) =>
  figtree[name].map(data => ({ name: 'Figtree', weight, data: Buffer.from(data, 'base64') })),
)

/** Number and size of files for a card, in English where the fonts have no script for `locale`. */
export async function amountLine(
  share: { readonly fileCount: number; readonly length: number },
  locale: Locale,
): Promise<string> {
  const line = async (wanted: Locale) => {
    const t = await getTranslations({ locale: wanted, namespace: 'units' })
    return `${t('files', { count: share.fileCount })} · ${formatBytes(share.length, wanted)}`
  }
  const wanted = await line(locale)
  return wanted.search(NOT_IN_FONTS) === -1 ? wanted : line('en')
}

interface LinkCardProps {
  /** Both as `drawable` gives them. */
  readonly title: string
  readonly line: string
}

/** The image of a link preview. */
export function linkCard(card: LinkCardProps): ImageResponse {
  const isFigtree = !NOT_IN_FIGTREE.test(card.title + card.line)
  return new ImageResponse(<LinkCard {...card} />, { ...LINK_CARD_SIZE, ...(isFigtree && { fonts }) })
}

/** Inline styles, because next/og supports no style sheets. */
function LinkCard({ title, line }: LinkCardProps) {
  return (
    <div
      style={{
        width: '100%',
        height: '100%',
        display: 'flex',
        flexDirection: 'column',
        justifyContent: 'space-between',
        padding: '72px 80px 0',
        background: '#faf7f1',
        color: '#211f1b',
      }}
    >
      <div style={{ display: 'flex', alignItems: 'center', gap: 24, fontSize: 48, fontWeight: 700 }}>
        <svg viewBox="0 0 32 32" width="88" height="88" aria-hidden="true">
          <path fill="#1d6f3a" d={LOGO.tab} />
          <path fill="none" stroke="#fff" strokeWidth="2" strokeLinecap="round" d={LOGO.stem} />
          <path fill="#fff" d={LOGO.leaves} />
        </svg>
        Tabseed
      </div>
      <div style={{ display: 'flex', flexDirection: 'column', gap: 20 }}>
        <div
          style={{
            fontSize: title.length > 45 ? 60 : 80,
            fontWeight: 700,
            letterSpacing: '-0.02em',
            lineHeight: 1.1,
            wordBreak: 'break-word',
          }}
        >
          {title}
        </div>
        <div style={{ fontSize: 40, color: '#635c51' }}>{line}</div>
      </div>
      <div style={{ display: 'flex', flexDirection: 'column', alignItems: 'flex-end' }}>
        <Sprout />
        <div style={{ width: 1040, height: 4, background: '#8d8577', borderRadius: 2, marginBottom: 40 }} />
      </div>
    </div>
  )
}

/** What grows on the start page too (`components/publish/illustration.tsx`). */
function Sprout() {
  return (
    <svg viewBox="30 12 64 60" width="128" height="120" aria-hidden="true" style={{ marginRight: 40 }}>
      <path fill="none" stroke="#1d6f3a" strokeWidth="3.5" d="M66 72c0-14-1-22-4-32" />
      <path fill="#1d6f3a" d="M61 40C45 41 36 32 35 16c16-1 26 8 26 24Z" />
      <path fill="#619a76" d="M64 47c-1-14 7-23 24-22 0 15-9 23-24 22Z" />
    </svg>
  )
}
