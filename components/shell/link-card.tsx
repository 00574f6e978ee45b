import { LOGO } from './logo.tsx'

/** Pixels; the size that Open Graph recommends. */
export const LINK_CARD_SIZE = { width: 1200, height: 630 }

/**
 * Characters that the font of next/og lacks. For those it would load a font or an emoji image from Google or a CDN, but we
 * call no other host.
 */
const NOT_IN_FONT =
  /[^\x20-\x7e\u00a0\u00b7\u00c0-\u0113\u0116-\u012b\u012e-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u014d\u0150-\u017e\u0400-\u045f\u2013\u2014\u2018-\u201a\u201c-\u201e\u2026]+/gu

const TITLE_MAX = 90

/** `text` reduced to what the card's font can show; empty when nothing remains. */
export function drawable(text: string): string {
  const shown = text.normalize('NFC').replace(NOT_IN_FONT, ' ').replace(/\s+/g, ' ').trim()
  return shown.length > TITLE_MAX ? `${shown.slice(0, TITLE_MAX - 1).trimEnd()}…` : shown
}

interface LinkCardProps {
  readonly title: string
  readonly line: string
}

/** The image of a link preview. Inline styles, because next/og supports no style sheets. */
export function LinkCard({ title, line }: LinkCardProps) {
  return (
    <div
      style={{
        width: '100%',
        height: '100%',
        display: 'flex',
        flexDirection: 'column',
        justifyContent: 'space-between',
        padding: 80,
        background: '#faf7f1',
        color: '#211f1b',
      }}
    >
      <div style={{ display: 'flex', alignItems: 'center', gap: 24, fontSize: 44 }}>
        <svg viewBox="0 0 32 32" width="88" height="88" aria-hidden="true">
          <path fill="#1d6f3a" d={LOGO.tab} />
          <path fill="none" stroke="#fff" strokeWidth="2" strokeLinecap="round" d={LOGO.stem} />
          <path fill="#fff" d={LOGO.leaves} />
        </svg>
        Tabseed
      </div>
      <div style={{ display: 'flex', flexDirection: 'column', gap: 24 }}>
        <div style={{ fontSize: title.length > 45 ? 60 : 80, lineHeight: 1.1, wordBreak: 'break-word' }}>
          {title}
        </div>
        <div style={{ fontSize: 40, color: '#635c51' }}>{line}</div>
      </div>
      <div style={{ height: 16, background: '#1d6f3a', borderRadius: 8 }} />
    </div>
  )
}
