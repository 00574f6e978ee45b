import { resolve, sep } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../../lib/base/errors.ts'
import { checkDistinct, checkPath, isJunkFile, saveName, visibleName } from '../../../lib/torrent/paths.ts'

function codeOf(check: () => void): string {
  try {
    check()
    return 'accepted'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

describe('checkPath', () => {
  test.each<[string, string[]]>([
    ['no component', []],
    ['an empty component', ['a', '', 'b']],
    ['.', ['.']],
    ['..', ['a', '..', 'b']],
    ['an absolute path', ['/etc/passwd']],
    ['a slash', ['a/b']],
    ['a backslash', ['..\\b']],
    ['NUL', ['a\0.txt']],
    ['a newline', ['a\nb']],
    ['an escape code', ['\u001b[2J']],
    ['DEL', ['a\u007f']],
    ['C1 controls', ['a\u009b']],
    ['300 characters', ['x'.repeat(300)]],
    ['256 bytes in fewer characters', ['ü'.repeat(128)]],
    ['a lone surrogate', ['a\ud800b']],
    ['over 4096 bytes in all', Array.from({ length: 20 }, () => 'x'.repeat(205))],
  ])('refuses %s', (_, path) => {
    expect(codeOf(() => checkPath(path))).toBe('path_unsafe')
  })

  test.each<[string, string[]]>([
    ['emoji', ['👩‍👩‍👧 family.png']],
    ['right-to-left text', ['שלום', 'مرحبا.txt']],
    ['right-to-left marks', ['a\u200fb\u202egpj.exe']],
    ['markup', ['<script>alert(1)<']],
    ['names Windows keeps for itself', ['aux.c', 'CON', 'nul.txt']],
    ['decomposed letters', ['u\u0308ber']],
    ['trailing dots and spaces', ['end...', 'end  ']],
    ['three dots', ['...']],
    ['__proto__', ['__proto__', 'constructor']],
    ['255 bytes', ['x'.repeat(255)]],
    ['exactly 4096 bytes', [...Array.from({ length: 16 }, () => 'x'.repeat(250)), 'y'.repeat(80)]],
  ])('accepts %s', (_, path) => {
    expect(codeOf(() => checkPath(path))).toBe('accepted')
  })

  test('what it accepts stays inside its folder', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('.', '..', '/', '\\', '\0', 'a', ' ', 'é', '\u202e'),
      maxLength: 4,
    })
    let accepted = 0
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 4 }), path => {
        if (codeOf(() => checkPath(path)) !== 'accepted') return
        accepted += 1
        expect(resolve('/share', ...path)).toBe(['/share', ...path].join(sep))
      }),
      { numRuns: 50_000 },
    )
    expect(accepted).toBeGreaterThan(1000)
  })

  test('the detail shows hostile text harmlessly and shortly', () => {
    const name = `\u202e\u001b[31m${'x'.repeat(5000)}`
    expect(() => checkPath([name])).toThrow(
      expect.objectContaining({ detail: expect.stringMatching(/^[^\p{Cc}\u202e]{1,120}$/u) }),
    )
  })
})

describe('checkDistinct', () => {
  test.each<[string, string[][]]>([
    ['the same path twice', [['a', 'b'], ['c'], ['a', 'b']]],
    ['a file that becomes a folder', [['a'], ['a', 'b']]],
    [
      'a folder that becomes a file',
      [
        ['a', 'b', 'c'],
        ['a', 'b'],
      ],
    ],
  ])('refuses %s', (_, paths) => {
    expect(codeOf(() => checkDistinct(paths))).toBe('path_duplicate')
  })

  test('takes names that differ in case, in form or in place', () => {
    const paths = [
      ['a'],
      ['A'],
      ['ü'],
      ['u\u0308'],
      ['b', 'a'],
      ['b', 'b'],
      ['c', 'b', 'a'],
      ['1', '2'],
      ['12'],
    ]
    expect(codeOf(() => checkDistinct(paths))).toBe('accepted')
  })

  test('agrees with comparing every pair', () => {
    const path = fc.array(fc.constantFrom('a', 'b', '1'), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.array(path, { maxLength: 5 }), paths => {
        const clash = paths.some((one, i) =>
          paths.some((other, j) => i !== j && `${other.join('/')}/`.startsWith(`${one.join('/')}/`)),
        )
        expect(codeOf(() => checkDistinct(paths))).toBe(clash ? 'path_duplicate' : 'accepted')
      }),
      { numRuns: 5000 },
    )
  })

  test('is linear: 1000 files below 1000 folders', () => {
    const folders = Array.from({ length: 1000 }, () => 'f')
    const start = performance.now()
    checkDistinct(Array.from({ length: 1000 }, (_, index) => [...folders, String(index)]))
    expect(performance.now() - start).toBeLessThan(5000)
  })
})

describe('names for people', () => {
  test('visibleName replaces what hides or reorders text', () => {
    expect(visibleName('photo\u202egpj.exe')).toBe('photo\ufffdgpj.exe')
    expect(visibleName('\u2066a\u2069\u0007\u0085\r')).toBe('\ufffda\ufffd\ufffd\ufffd\ufffd')
    expect(visibleName('שלום 👩‍👧 <b>')).toBe('שלום 👩‍👧 <b>')
  })

  test('saveName removes it, and separators', () => {
    expect(saveName('photo\u202egpj.exe')).toBe('photogpj.exe')
    expect(saveName('a/b\\c')).toBe('a_b_c')
    expect(saveName('grüße.txt')).toBe('grüße.txt')
  })

  test.each(['', '..', ' . ', '\u202e\n'])('saveName of %j is not empty', text => {
    expect(saveName(text)).toBe('download')
  })

  test('saveName of anything is one safe component', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), text => {
        expect(codeOf(() => checkPath([saveName(text)]))).toBe('accepted')
      }),
    )
  })
})

describe('isJunkFile', () => {
  test.each([
    '.DS_Store',
    'a/.DS_Store',
    'Thumbs.db',
    'thumbs.db',
    'a/desktop.ini',
    '__MACOSX/a/b.txt',
    'a/._photo.jpg',
    'Icon\r',
    '.Trashes/501/x',
    '$RECYCLE.BIN/S-1/x',
  ])('%j is junk', path => {
    expect(isJunkFile(path.split('/'))).toBe(true)
  })

  test.each([
    '.gitignore',
    '.env',
    'a/_notes.txt',
    '._',
    '._folder/file',
    'Icon',
    'my thumbs.db.txt',
    'backup~',
    'MACOSX/a',
  ])('%j is not', path => {
    expect(isJunkFile(path.split('/'))).toBe(false)
  })
})
