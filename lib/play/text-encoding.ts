/** Encodings of texts, by their names in the Encoding Standard (WHATWG); `ibm437` is ours, for DOS art. */
export const TEXT_ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'windows-1250',
  'windows-1251',
  'koi8-r',
  'gb18030',
  'big5',
  'shift_jis',
  'euc-jp',
  'euc-kr',
  'ibm437',
] as const

export type TextEncoding = (typeof TEXT_ENCODINGS)[number]

/** Characters of code page 437 from 0x80 on. */
const IBM437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

/** Bytes of shades, blocks and frames in code page 437. */
const isFrame = (byte: number) => byte >= 0xb0 && byte <= 0xdf

/** Only in these are frames looked for: in Korean, the same bytes are common letters. */
const DOS_ART = /\.(?:nfo|diz|asc)$/i

/** Bytes that are weighed, from the first on that is not ASCII: on a phone, weighing a whole preview holds up the page. */
const SAMPLE_BYTES = 64 * 1024

/** Longest UTF-8 sequence without its first byte: what a cut can leave at the end. */
const CUT_BYTES = 3

/** The text of `bytes`, without a byte order mark. Invalid bytes become U+FFFD. */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding): string {
  if (encoding !== 'ibm437') return new TextDecoder(encoding).decode(bytes)
  return Array.from(bytes, byte => (byte < 0x80 ? String.fromCharCode(byte) : IBM437[byte - 0x80])).join('')
}

/**
 * The likely encoding of the text that begins with `bytes`: by its byte order mark, else UTF-8 where it is valid, else by
 * how well the bytes fit what is common in each of the others. A guess: people must be able to choose another.
 */
export function guessEncoding(bytes: Uint8Array, name = ''): TextEncoding {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (isUtf8(bytes)) return 'utf-8'
  const utf16 = guessUtf16(bytes.subarray(0, SAMPLE_BYTES))
  if (utf16) return utf16
  // With the byte before, which says whether the first stands alone.
  const start = Math.max(0, bytes.findIndex(byte => byte >= 0x80) - 1)
  return weigh(bytes.subarray(start, start + SAMPLE_BYTES), name)
}

function weigh(bytes: Uint8Array, name: string): TextEncoding {
  if (DOS_ART.test(name) && fitOfFrames(bytes) > 0.5) return 'ibm437'
  let best: TextEncoding = 'windows-1252'
  let bestFit = fitOfWestern(bytes)
  for (const [encoding, fit] of [
    ['windows-1251', fitOfCyrillic(bytes)],
    ...MULTIBYTE.map(({ encoding, weigh }) => [encoding, fitOfPairs(bytes, weigh)] as const),
  ] as const) {
    if (fit > bestFit) [best, bestFit] = [encoding, fit]
  }
  return best
}

function isUtf8(bytes: Uint8Array): boolean {
  for (let cut = 0; cut <= CUT_BYTES; cut++) {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytes.length - cut))
      return true
    } catch {
      // Perhaps the last character is cut.
    }
  }
  return false
}

/** UTF-16 without a mark: in most texts every other byte of many characters is zero. */
function guessUtf16(bytes: Uint8Array): TextEncoding | null {
  const zeros = [0, 0]
  for (const [at, byte] of bytes.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1
  const [even = 0, odd = 0] = zeros
  if (Math.max(even, odd) < bytes.length / 8) return null
  return even > odd ? 'utf-16be' : 'utf-16le'
}

/** How much of the bytes over 0x7f fit, 0 to 1. */
function fitOf(bytes: Uint8Array, weigh: (byte: number, at: number) => number): number {
  let high = 0
  let sum = 0
  for (const [at, byte] of bytes.entries()) {
    if (byte < 0x80) continue
    high += 1
    sum += weigh(byte, at)
  }
  return high === 0 ? 0 : sum / high
}

const fitOfFrames = (bytes: Uint8Array) =>
  fitOf(bytes, (byte, at) => (isFrame(byte) && [bytes[at - 1], bytes[at + 1]].some(isFrameOrSpace) ? 1 : 0))

const isFrameOrSpace = (byte: number | undefined) => byte === undefined || byte <= 0x20 || isFrame(byte)

/** Accented letters stand alone among plain ones. */
const fitOfWestern = (bytes: Uint8Array) =>
  fitOf(bytes, (byte, at) => {
    const beside = [bytes[at - 1] ?? 0, bytes[at + 1] ?? 0].filter(other => other >= 0x80).length
    return byte >= 0xa0 || byte === 0x80 || (byte >= 0x91 && byte <= 0x97) ? [0.9, 0.45, 0][beside] || 0 : 0
  })

/** Words of small letters, which may begin with a capital. */
const fitOfCyrillic = (bytes: Uint8Array) =>
  fitOf(bytes, (byte, at) => {
    const before = bytes[at - 1] ?? 0
    const isBesideLetter = before >= 0xc0 || (bytes[at + 1] ?? 0) >= 0xc0
    if (byte >= 0xe0 || byte === 0xb8) return isBesideLetter ? 0.95 : 0.3
    if (byte >= 0xc0 || byte === 0xa8) return before >= 0xc0 ? 0.2 : 0.95
    return 0
  })

interface Multibyte {
  readonly encoding: TextEncoding
  /** How common the character of two bytes is, 0 to 1; null where the first is a character of its own. */
  readonly weigh: (lead: number, trail: number) => number | null
}

const within = (value: number, from: number, to: number) => value >= from && value <= to

/** By the blocks in which each standard has its common characters; in this order where two fit the same. */
const MULTIBYTE: readonly Multibyte[] = [
  {
    encoding: 'euc-kr',
    weigh: (lead, trail) =>
      trail < 0xa1 ? 0 : within(lead, 0xb0, 0xc8) || lead === 0xa1 ? 1 : within(lead, 0xca, 0xfd) ? 0.3 : 0,
  },
  {
    encoding: 'euc-jp',
    weigh: (lead, trail) =>
      trail < 0xa1
        ? 0
        : within(lead, 0xa4, 0xa5)
          ? 1
          : within(lead, 0xb0, 0xcf) || lead === 0xa1
            ? 0.9
            : within(lead, 0xd0, 0xf4)
              ? 0.3
              : 0,
  },
  {
    encoding: 'gb18030',
    weigh: (lead, trail) =>
      trail < 0xa1 ? 0 : within(lead, 0xb0, 0xd7) || within(lead, 0xa1, 0xa3) ? 0.98 : lead > 0xd7 ? 0.3 : 0,
  },
  {
    encoding: 'shift_jis',
    weigh: (lead, trail) => {
      if (within(lead, 0xa1, 0xdf)) return null
      if (trail < 0x40) return 0
      return within(lead, 0x81, 0x83) || within(lead, 0x88, 0x97) ? 1 : 0.3
    },
  },
  {
    encoding: 'big5',
    weigh: (lead, trail) =>
      trail < 0x40 || within(trail, 0x7f, 0xa0)
        ? 0
        : within(lead, 0xa1, 0xa3) || within(lead, 0xa4, 0xc6)
          ? 0.97
          : within(lead, 0xc9, 0xf9)
            ? 0.3
            : 0,
  },
]

/** Counted in bytes over 0x7f, as in `fitOf`; a character of its own (half-width katakana) is rare. */
function fitOfPairs(bytes: Uint8Array, weigh: Multibyte['weigh']): number {
  let high = 0
  let sum = 0
  for (let at = 0; at < bytes.length; at++) {
    const lead = bytes[at] ?? 0
    if (lead < 0x80) continue
    const trail = bytes[at + 1] ?? 0
    const weight = weigh(lead, trail)
    const length = weight === null || weight === 0 ? 1 : 2
    high += length
    sum += length * (weight ?? 0.1)
    at += length - 1
  }
  return high === 0 ? 0 : sum / high
}
