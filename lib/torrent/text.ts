import type { Bencode } from './bencode.ts'

// A byte order mark stays: it is part of the name that was hashed.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Windows code pages, which some programs name in `codepage` in place of `encoding`. */
const CODE_PAGES: Readonly<Record<number, string>> = {
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  54936: 'gb18030',
}

/** The UTF-8 text in a byte string, or undefined. */
export function textOf(value: Bencode | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined
  try {
    return strictUtf8.decode(value)
  } catch {
    return undefined
  }
}

/** Reads the names in a metainfo: UTF-8 (BEP 3), else in the encoding that the metainfo states. */
export class NameReader {
  readonly #stated: TextDecoder | null

  /** `encoding` and `codepage` of the metainfo; unknown ones are ignored. */
  constructor(encoding: Bencode | undefined, codePage: Bencode | undefined) {
    this.#stated = decoderOf(textOf(encoding)) ?? decoderOf(labelOf(codePage))
  }

  /** The text in `value`, with U+FFFD for invalid bytes; undefined when it is no byte string. */
  read(value: Bencode | undefined): string | undefined {
    if (!(value instanceof Uint8Array)) return undefined
    return textOf(value) ?? (this.#stated ?? lenientUtf8).decode(value)
  }
}

function labelOf(codePage: Bencode | undefined): string | undefined {
  if (typeof codePage !== 'number') return undefined
  return CODE_PAGES[codePage] ?? (codePage >= 1250 && codePage <= 1258 ? `windows-${codePage}` : undefined)
}

function decoderOf(label: string | undefined): TextDecoder | null {
  if (label === undefined) return null
  try {
    return new TextDecoder(label, { ignoreBOM: true })
  } catch {
    return null
  }
}
