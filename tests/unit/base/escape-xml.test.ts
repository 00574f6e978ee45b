import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeXml } from '../../../lib/base/escape-xml.ts'

const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

const unescapeXml = (text: string) =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => CHARACTERS[name] ?? '')

/** Char of XML 1.0, section 2.2. */
const isXmlCharacter = (point: number) =>
  point === 0x9 ||
  point === 0xa ||
  point === 0xd ||
  (point >= 0x20 && point <= 0xd7ff) ||
  (point >= 0xe000 && point <= 0xfffd) ||
  point >= 0x10000

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('&', '<', '>', '"', "'", 'a', '\0', '\t', '\u000b', '\ufffe', '\uffff'),
  }),
)

test('escaped text has no markup, and reads as the text without characters that XML does not have', () => {
  fc.assert(
    fc.property(anyText, text => {
      const escaped = escapeXml(text)
      expect(escaped).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/)
      const kept = [...text].filter(character => isXmlCharacter(character.codePointAt(0) ?? 0)).join('')
      expect(unescapeXml(escaped)).toBe(kept)
    }),
  )
})

test('a lone surrogate becomes U+FFFD', () => {
  expect(escapeXml('a\ud800b')).toBe('a\ufffdb')
})
