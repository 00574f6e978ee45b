import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import {
  type Note,
  newKeys,
  openNote,
  publicKeyOf,
  sealNote,
  TITLE_MAX,
} from '../../../lib/nearby/sealed-note.ts'
import { NOTE_MAX, type Person } from '../../../lib/protocol/nearby.ts'

const person = async (id: string) => {
  const keys = await newKeys()
  const about: Person = { id, name: 1, publicKey: await publicKeyOf(keys) }
  return { keys, about }
}
const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(person))
if (!a || !b || !c) throw new TypeError('three people')
const way = { from: 'a', to: 'b' }

const path = `/d/${'0123456789'.repeat(4)}#${'k'.repeat(80)}`
const noteOf = (title: string): Note => ({ kind: 'share', path, title })

test('whom it is for reads it, and nobody else; it never is too long', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: TITLE_MAX }), async text => {
      const note = noteOf(text.slice(0, TITLE_MAX))
      const sealed = await sealNote(note, a.keys, b.about, way)
      expect(sealed.length).toBeLessThanOrEqual(NOTE_MAX)
      expect(await openNote(sealed, b.keys, a.about, way)).toEqual(note)
      expect(await openNote(sealed, c.keys, a.about, way)).toBeNull()
      expect(await openNote(sealed, b.keys, c.about, way)).toBeNull()
      // Nor is it passed on to somebody else, or sent back.
      expect(await openNote(sealed, b.keys, a.about, { from: 'c', to: 'b' })).toBeNull()
      expect(await openNote(sealed, a.keys, b.about, { from: 'b', to: 'a' })).toBeNull()
    }),
  )
})

test('a changed one is none', async () => {
  const sealed = await sealNote(noteOf('Photos'), a.keys, b.about, way)
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const bytes = Buffer.from(sealed, 'base64url')
      const place = at % bytes.length
      bytes[place] = (bytes[place] ?? 0) ^ change
      expect(await openNote(bytes.toString('base64url'), b.keys, a.about, way)).toBeNull()
    }),
  )
})

test('what is sealed rightly and names no share of this server is none', async () => {
  const paths = [
    'https://elsewhere.example/d/x',
    '//elsewhere.example',
    `/d/${'0'.repeat(39)}`,
    `/d/${'0'.repeat(40)}/x`,
    'javascript:alert(1)',
  ]
  for (const wrong of paths) {
    const sealed = await sealNote({ kind: 'share', path: wrong, title: '' }, a.keys, b.about, way)
    expect(await openNote(sealed, b.keys, a.about, way), wrong).toBeNull()
  }
  for (const text of ['', 'A', '-'.repeat(NOTE_MAX + 1), 'ä'])
    expect(await openNote(text, b.keys, a.about, way)).toBeNull()
})

test('over plain http it says what is missing', async () => {
  vi.stubGlobal('crypto', {})
  try {
    await expect(newKeys()).rejects.toMatchObject({ code: 'insecure_context' })
  } finally {
    vi.unstubAllGlobals()
  }
})
