import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTranslator } from 'next-intl'
import { describe, expect, test } from 'vitest'
import { ERROR_STATUS } from '../../../lib/base/errors.ts'
import { chooseLocale, directionOf, LOCALES, type Locale } from '../../../lib/i18n/locales.ts'
import en from '../../../lib/i18n/messages/en.json' with { type: 'json' }
import { type Catalogue, withFallback } from '../../../lib/i18n/with-fallback.ts'

/** Every sentence of the catalogue under its dotted key. */
function sentences(catalogue: Catalogue, prefix = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(catalogue)) {
    if (typeof value === 'string') found.set(prefix + key, value)
    else for (const [inner, text] of sentences(value as Catalogue, `${prefix}${key}.`)) found.set(inner, text)
  }
  return found
}

const FOLDER = join(import.meta.dirname, '../../../lib/i18n/messages')
const read = (name: string): Catalogue => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'))
const catalogueOf = (locale: Locale) => ({ ...read(locale), ...read(`admin-${locale}`) })

/** Names of the ICU arguments and tags in a sentence. */
const parameters = (text: string) =>
  [...new Set([...text.matchAll(/\{(\w+)[,}]|<(\w+)>/g)].map(match => match[1] ?? match[2]))].sort()

/** The categories of each plural in a sentence, without exact numbers. */
const plurals = (text: string) =>
  [...text.matchAll(/\{\w+, plural,((?:[^{}]|\{[^{}]*\})*)\}/g)].map(([, cases = '']) =>
    [...cases.matchAll(/(?:^|\s|\})(\w+) \{/g)].map(([, category]) => category),
  )

const english = sentences(catalogueOf('en'))

describe.each(LOCALES)('the catalogue of %s', locale => {
  const own = sentences(catalogueOf(locale))

  test('lacks no sentence and has none that English has not', () => {
    expect(
      [...english.keys()].filter(key => !own.has(key)),
      'missing',
    ).toEqual([])
    expect(
      [...own.keys()].filter(key => !english.has(key)),
      'not in English',
    ).toEqual([])
  })

  test('has no empty sentence and the same parameters', () => {
    for (const [key, text] of own) {
      expect(text.trim(), key).not.toBe('')
      expect(parameters(text), key).toEqual(parameters(english.get(key) ?? ''))
    }
  })

  test('has a form for each number that the language tells apart', () => {
    // French and Spanish have a form of their own for millions, in which the general one is right too.
    const wanted = new Intl.PluralRules(locale)
      .resolvedOptions()
      .pluralCategories.filter(category => !(category === 'many' && /^(?:fr|es)$/.test(locale)))
    for (const [key, text] of own)
      for (const found of plurals(text)) expect(found, key).toEqual(expect.arrayContaining(wanted))
  })

  test('has sentences that can be read: every one, for few and for many', () => {
    const failures: string[] = []
    const messages = Object.fromEntries([...own].map(([key, text]) => [key.replaceAll('.', ' '), text]))
    const t = createTranslator({ locale, messages, onError: error => failures.push(error.message) })
    for (const [key, text] of own) {
      for (const count of [0, 1, 2, 3, 11, 100, 2_000_000]) {
        const values = Object.fromEntries(parameters(text).map(name => [name, count]))
        const tags = Object.fromEntries(
          [...text.matchAll(/<(\w+)>/g)].map(([, tag]) => [tag, (inner: unknown) => inner]),
        )
        const said = String(t.markup(key.replaceAll('.', ' ') as never, { ...values, ...tags } as never))
        expect(said, key).not.toMatch(/[{}]/)
      }
    }
    expect(failures).toEqual([])
  })

  test('keeps to the voice: never "Oops", and the word torrent only under "More ways to get it" and where the file is meant', () => {
    for (const [key, text] of own) {
      expect(text, key).not.toMatch(/oops|hoppla/i)
      if (!/^(moreWays|heal)\.|^publish\.commentHint$/.test(key))
        expect(text, key).not.toMatch(/torrent|تورنت/i)
    }
  })

  test('lets phones read neither of dropping files nor of a computer', () => {
    // Hidden where the finger is the pointer (`pointer-coarse:hidden`), or shown only while something is dragged.
    const forPointers = /^(?:publish\.(?:dropNow|dropOrPaste)|heal\.dropHint)$/
    const words = /\bdrop|computer|loslassen|ordinateur|arrastra|ordenador|ドラッグ|パソコン|اسحب/i
    for (const [key, text] of own) if (!forPointers.test(key)) expect(text, key).not.toMatch(words)
  })
})

test('a title that begins with the name of a file is laid out in the direction of its language', () => {
  const isRightToLeft = (text: string) => /^\p{Script=Arabic}/u.test(text.match(/\p{L}/u)?.[0] ?? '')
  for (const locale of LOCALES) {
    const title = createTranslator({ locale, messages: catalogueOf(locale) as typeof en })(
      'publish.looseTitle',
      { name: 'plans.pdf', count: 3 },
    )
    // Nothing around it says so: a title is the publisher's text, and the first letter decides.
    expect(isRightToLeft(title), title).toBe(directionOf(locale) === 'rtl')
  }
})

test('there is a sentence for every error code and for nothing else', () => {
  expect(Object.keys(en.errors).sort()).toEqual(Object.keys(ERROR_STATUS).sort())
  expect(Object.keys(ERROR_STATUS)).toEqual(expect.arrayContaining(Object.keys(en.readerErrors)))
  // Who downloads cannot publish again, rename a file or leave one out.
  for (const sentence of Object.values(en.readerErrors))
    expect(sentence).not.toMatch(/^Publish|[.] Publish|Rename|leave it out/)
})

test('what has no translation is there in English, also as the build has parsed it', () => {
  const parsed = [['count', 2]]
  expect(
    withFallback({ a: { b: 'x' }, old: 'y' }, { a: { b: 'B', c: 'C' }, d: parsed, e: { f: 'F' } }),
  ).toEqual({
    a: { b: 'x', c: 'C' },
    d: parsed,
    e: { f: 'F' },
  })
})

describe('language', () => {
  test('is the chosen one, then the best of Accept-Language, then English', () => {
    expect(chooseLocale('de', 'en')).toBe('de')
    expect(chooseLocale('xx', 'de-AT,de;q=0.9,en;q=0.8')).toBe('de')
    expect(chooseLocale(undefined, 'nl, en;q=0.5, de;q=0.9')).toBe('de')
    expect(chooseLocale(undefined, 'ar-EG, en;q=0.5')).toBe('ar')
    expect(chooseLocale(undefined, 'de;q=0, nl')).toBe('en')
    expect(chooseLocale(undefined, null)).toBe('en')
    expect(chooseLocale(undefined, 'fr, de;q=0.5', ['en', 'de'])).toBe('de')
  })
})
