import { describe, expect, test } from 'vitest'
import { readOptions } from '../../../lib/embed/options.ts'
import { IDLE, type WidgetStatus } from '../../../lib/embed/status.ts'
import { buttonText, fractionOf, lineText, spokenText } from '../../../lib/embed/widget/status-text.ts'
import { LOCALES } from '../../../lib/i18n/locales.ts'

const statusOf = (part: Partial<WidgetStatus>): WidgetStatus => ({ ...IDLE, length: 1_000, ...part })
const optionsOf = (attributes: Readonly<Record<string, string>> = {}) =>
  readOptions(name => attributes[name] ?? null, 'en')
const FAILURE = { code: 'share_blocked', message: 'It is blocked.' }

describe('the button', () => {
  test.each([
    ['its label before the start', { label: 'Get it' }, statusOf({}), 'Get it'],
    ['else the text of the link inside', {}, statusOf({}), 'the link'],
    ['pause while it runs', {}, statusOf({ state: 'waiting' }), 'Pause'],
    ['resume when paused', { label: 'Get it' }, statusOf({ state: 'paused' }), 'Resume'],
    ['save for one file', {}, statusOf({ state: 'done', files: 1 }), 'Save'],
    ['a zip for several', {}, statusOf({ state: 'done', files: 2 }), 'Save as zip'],
    ['try again after an error', {}, statusOf({ state: 'error', error: FAILURE }), 'Try again'],
  ])('says %s', (_, attributes, status, text) => {
    expect(buttonText(optionsOf(attributes), status, 'the link')).toBe(text)
  })

  test('offers to play, or to download, where nobody named it', () => {
    expect(buttonText(optionsOf({ mode: 'player' }), statusOf({}), '')).toBe('Play')
    expect(buttonText(optionsOf(), statusOf({}), '')).toBe('Download')
  })
})

describe('the line', () => {
  test('has percent, rate and time while it downloads', () => {
    const status = statusOf({ state: 'downloading', downloaded: 250, downloadRate: 2_000_000, timeLeft: 600 })
    expect(lineText(status, 'en')).toMatch(/^25\s?% · 2(\.0)?\sMB\/s · 10 minutes left$/)
  })

  test('leaves out a time that is unknown', () => {
    const status = statusOf({ state: 'downloading', downloaded: 250, timeLeft: null })
    expect(lineText(status, 'en').split(' · ')).toHaveLength(2)
  })

  test('says how far it was paused', () => {
    expect(lineText(statusOf({ state: 'paused', downloaded: 500 }), 'de')).toMatch(/^50\s%\s·\sAngehalten$/)
  })

  test.each(LOCALES)('has the time in its place in every language: %s', language => {
    const status = statusOf({ state: 'downloading', downloaded: 250, timeLeft: 600 })
    expect(lineText(status, language)).not.toMatch(/[{}]/)
    expect(lineText(status, language).split(' · ')[2]).toMatch(/10|١٠/)
  })

  test('says how much is saved while it saves', () => {
    const status = statusOf({ state: 'done', downloaded: 1_000, saved: true, saving: 0.5 })
    expect(lineText(status, 'en')).toMatch(/^50\s?% · Saving$/)
    expect(spokenText(status, 'de')).toBe('Wird gespeichert')
    expect(fractionOf(status)).toBe(0.5)
  })

  test('says only what is wrong while there is an error', () => {
    const status = statusOf({ state: 'downloading', downloaded: 500, error: FAILURE })
    expect(lineText(status, 'en')).toBe(FAILURE.message)
    expect(spokenText(status, 'en')).toBe(FAILURE.message)
  })
})

test.each([
  ['ar-EG', 'ar'],
  ['FR', 'fr'],
  ['ja_JP', 'ja'],
  ['pt', 'en'],
  ['', 'en'],
])('a page in %s gets the words of %s', (tag, language) => {
  expect(readOptions(() => null, tag).language).toBe(language)
})

test('an empty share is complete only when it is done', () => {
  expect(fractionOf(statusOf({ length: 0, state: 'starting' }))).toBe(0)
  expect(fractionOf(statusOf({ length: 0, state: 'done' }))).toBe(1)
  expect(fractionOf(statusOf({ downloaded: 250 }))).toBe(0.25)
})
