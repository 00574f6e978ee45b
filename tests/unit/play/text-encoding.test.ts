import { describe, expect, test } from 'vitest'
import { decodeText, guessEncoding, type TextEncoding } from '../../../lib/play/text-encoding.ts'

/** Encodes by looking up every two-byte code of a decoder: Node writes none of these encodings itself. */
function encodeBy(encoding: string, text: string): Uint8Array {
  const codes = new Map<string, number[]>()
  const decoder = new TextDecoder(encoding)
  for (let lead = 0xff; lead >= 0x80; lead--) {
    for (let trail = 0xff; trail >= 0x40; trail--) {
      const character = decoder.decode(Uint8Array.of(lead, trail))
      if ([...character].length === 1 && character !== '\ufffd') codes.set(character, [lead, trail])
    }
  }
  for (let byte = 0xff; byte >= 0; byte--) {
    const character = decoder.decode(Uint8Array.of(byte))
    if (character.length === 1 && character !== '\ufffd') codes.set(character, [byte])
  }
  return Uint8Array.from(
    [...text].flatMap(character => {
      const code = codes.get(character)
      if (!code) throw new Error(`${encoding} has no ${character}`)
      return code
    }),
  )
}

const SUBTITLE = '1\n00:00:01,000 --> 00:00:02,000\n'

describe('guessEncoding', () => {
  test.each<[TextEncoding, string]>([
    ['windows-1252', 'Straße;Größe\nMünchen;12\n'],
    ['windows-1252', 'Où êtes-vous allés cet été ? À la fête, bien sûr.'],
    ['windows-1252', '¿Dónde está el niño? ¡Aquí!'],
    ['windows-1251', `${SUBTITLE}Привет, мир! Как дела?\n`],
    ['windows-1251', 'Глава первая. В начале июля, в чрезвычайно жаркое время'],
    ['gb18030', `${SUBTITLE}你好世界,我们的字幕\n`],
    ['gb18030', '这是一个测试文件。我不知道他在哪里，请告诉我。'],
    ['big5', '這是一個測試檔案。我不知道他在哪裡，請告訴我。'],
    ['shift_jis', 'これはテストです。日本語の字幕を読みます。'],
    ['euc-jp', 'これはテストです。日本語の字幕を読みます。'],
    ['euc-kr', '안녕하세요. 이것은 한국어 자막입니다.'],
  ])('finds %s: %s', (encoding, text) => {
    const bytes = encodeBy(encoding, text)
    expect(guessEncoding(bytes)).toBe(encoding)
    expect(decodeText(bytes, encoding)).toBe(text)
  })

  test('takes a byte order mark at its word, and does not show it', () => {
    const little = Uint8Array.from([0xff, 0xfe, ...Buffer.from('日本語', 'utf16le')])
    expect(decodeText(little, guessEncoding(little))).toBe('日本語')
    const big = Uint8Array.from([0xfe, 0xff, 0x65, 0xe5])
    expect(decodeText(big, guessEncoding(big))).toBe('日')
    const marked = Uint8Array.from([0xef, 0xbb, 0xbf, ...Buffer.from('日本語')])
    expect(decodeText(marked, guessEncoding(marked))).toBe('日本語')
  })

  test('finds UTF-16 without a mark', () => {
    expect(guessEncoding(Buffer.from('plain\r\ntéxt', 'utf16le'))).toBe('utf-16le')
    expect(guessEncoding(Buffer.from('plain\r\ntéxt', 'utf16le').swap16())).toBe('utf-16be')
  })

  test('takes valid UTF-8 as that, cut anywhere', () => {
    const bytes = Buffer.from('Grüße, 日本語 😀')
    for (let end = 4; end <= bytes.length; end++) expect(guessEncoding(bytes.subarray(0, end))).toBe('utf-8')
  })

  test('finds frames of DOS', () => {
    const bytes = Uint8Array.from([0xc9, 0xcd, 0xcd, 0xbb, 0x0a, 0xba, 0x20, 0xb0, 0xb1, 0xb2, 0x20, 0xba])
    expect(guessEncoding(bytes, 'group.nfo')).toBe('ibm437')
    expect(decodeText(bytes, 'ibm437')).toBe('╔══╗\n║ ░▒▓ ║')
  })
})
