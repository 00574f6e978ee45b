import { describe, expect, test } from 'vitest'
import { ERROR_STATUS } from '../../../lib/base/errors.ts'
import { chooseLocale } from '../../../lib/i18n/locales.ts'
import adminDe from '../../../lib/i18n/messages/admin-de.json' with { type: 'json' }
import adminEn from '../../../lib/i18n/messages/admin-en.json' with { type: 'json' }
import de from '../../../lib/i18n/messages/de.json' with { type: 'json' }
import en from '../../../lib/i18n/messages/en.json' with { type: 'json' }

interface Catalogue {
  readonly [key: string]: string | Catalogue
}

/** Every sentence of the catalogue under its dotted key. */
function sentences(catalogue: Catalogue, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(catalogue)) {
    if (typeof value === 'string') found.set(prefix + key, value)
    else for (const [inner, text] of sentences(value, `${prefix}${key}.`)) found.set(inner, text)
  }
  return found
}

/** Names of the ICU arguments and tags in a sentence. */
const parameters = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)[,}]|<(\w+)>/g)].map(match => match[1] ?? match[2]))].sort()

describe('catalogues', () => {
  const english = sentences({ ...en, ...adminEn })
  const german = sentences({ ...de, ...adminDe })

  test('have the same keys', () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort())
  })

  test('have no empty sentence and the same parameters', () => {
    for (const [key, text] of english) {
      expect(text.trim(), key).not.toBe('')
      expect(german.get(key)?.trim(), key).not.toBe('')
      expect(parameters(german.get(key) ?? ''), key).toEqual(parameters(text))
    }
  })

  test('have a sentence for every error code and for nothing else', () => {
    expect(Object.keys(en.errors).sort()).toEqual(Object.keys(ERROR_STATUS).sort())
    expect(Object.keys(ERROR_STATUS)).toEqual(expect.arrayContaining(Object.keys(en.readerErrors)))
    // Who downloads cannot publish again, rename a file or leave one out.
    for (const sentence of Object.values(en.readerErrors))
      expect(sentence).not.toMatch(/^Publish|[.] Publish|Rename|leave it out/)
  })

  test('keep to the voice: never "Oops", and the word torrent only under "More ways to get it" and where the file is meant', () => {
    for (const [key, text] of [...english, ...german]) {
      expect(text, key).not.toMatch(/oops|hoppla/i)
      if (!/^(moreWays|heal)\.|^publish\.commentHint$/.test(key)) expect(text, key).not.toMatch(/torrent/i)
    }
  })
})

describe('language', () => {
  test('is the chosen one, then the best of Accept-Language, then English', () => {
    expect(chooseLocale('de', 'en')).toBe('de')
    expect(chooseLocale('xx', 'de-AT,de;q=0.9,en;q=0.8')).toBe('de')
    expect(chooseLocale(undefined, 'fr, en;q=0.5, de;q=0.9')).toBe('de')
    expect(chooseLocale(undefined, 'de;q=0, fr')).toBe('en')
    expect(chooseLocale(undefined, null)).toBe('en')
  })
})

test('phones never read of dropping files or of a computer', () => {
  // Hidden where the finger is the pointer (`pointer-coarse:hidden`), or shown only while something is dragged.
  const forPointers = /^(?:publish\.(?:dropNow|dropOrPaste)|heal\.dropHint)$/
  for (const [key, text] of [...sentences(en), ...sentences(de)])
    if (!forPointers.test(key)) expect(text, key).not.toMatch(/\bdrop|computer|loslassen/i)
})
