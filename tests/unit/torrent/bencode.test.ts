import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AppError } from '../../../lib/base/errors.ts'
import { type Bencode, decode, Encoded, encode, type Irregularity } from '../../../lib/torrent/bencode.ts'
import { bytesOf } from './bytes.ts'

const MiB = 1024 * 1024

const byteString = fc.uint8Array({ maxLength: 20 })
const key = fc.oneof(
  byteString.map(bytes => String.fromCharCode(...bytes)),
  fc.constantFrom('__proto__', 'constructor', 'info', 'length'),
)
const { value: anyValue } = fc.letrec<{ value: Bencode }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 8 },
    fc.maxSafeInteger(),
    byteString,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(key, tie('value')), { maxLength: 5, selector: ([name]) => name })
      .map(entries => new Map(entries)),
  ),
}))

/** False where a number is beyond 2^53 - 1: it has lost digits, and `encode` refuses it. */
function isExact(value: Bencode): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (value instanceof Uint8Array) return true
  return [...value.values()].every(isExact)
}

function codeOf(input: Uint8Array): string {
  try {
    decode(input)
    return 'accepted'
  } catch (error) {
    if (error instanceof AppError) return error.code
    throw error
  }
}

describe('decode and encode', () => {
  test('are inverse for every value', () => {
    fc.assert(
      fc.property(anyValue, value => {
        expect(decode(encode(value)).value).toEqual(value)
      }),
      { numRuns: 2000 },
    )
  })

  test('whatever is read as canonical re-encodes to the same bytes, and nothing but an AppError is thrown', () => {
    const nearlyBencode = fc.string({ unit: fc.constantFrom(...'ddllleeeeii0123-::ab'), maxLength: 24 })
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof(nearlyBencode.map(bytesOf), fc.uint8Array({ maxLength: 24 })), input => {
        if (codeOf(input) !== 'accepted') return
        const { irregularities, value } = decode(input)
        if (irregularities.size > 0 || !isExact(value)) return
        accepted += 1
        expect(encode(value)).toEqual(input)
      }),
      { numRuns: 100_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  test('one changed byte of a valid input is refused, said to be irregular, or stays canonical', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), fc.nat(255), (value, at, byte) => {
        const input = encode(value)
        input[at % input.length] = byte
        if (codeOf(input) !== 'accepted') return
        const { irregularities, value: read } = decode(input)
        // Numbers beyond 2^53 - 1 lose digits, and encode refuses them.
        if (irregularities.size === 0 && isExact(read)) expect(encode(read)).toEqual(input)
      }),
      { numRuns: 20_000 },
    )
  })

  test('keep the raw bytes of the outermost entries', () => {
    const { rawEntries } = decode(bytesOf('d4:infod1:xi7ee1:z3:abce'))
    expect([...rawEntries]).toEqual([
      ['info', bytesOf('d1:xi7ee')],
      ['z', bytesOf('3:abc')],
    ])
  })

  test('decode a view at an offset, and a Node Buffer', () => {
    const inside = Buffer.from('xx4:spamxx').subarray(2, 8)
    expect(decode(inside).value).toEqual(bytesOf('spam'))
  })

  test('a __proto__ key is a key', () => {
    const value = decode(bytesOf('d9:__proto__d8:pollutedi1eee')).value as ReadonlyMap<string, Bencode>
    expect(value.get('__proto__')).toEqual(new Map([['polluted', 1]]))
    expect('polluted' in {}).toBe(false)
  })

  test('keys are ordered by raw bytes', () => {
    const value = new Map([
      ['\xff', 1],
      ['b', 2],
      ['ab', 3],
      ['a', 4],
    ])
    expect(encode(value)).toEqual(bytesOf('d1:ai4e2:abi3e1:bi2e1:\xffi1ee'))
  })

  test('text is written as UTF-8, encoded values as they are', () => {
    expect(encode(['ü', new Encoded(bytesOf('i5e'))])).toEqual(bytesOf('l2:\xc3\xbci5ee'))
  })

  test.each([0.5, Number.NaN, 2 ** 53])('encode refuses the number %s', number => {
    expect(() => encode(number)).toThrow(expect.objectContaining({ code: 'metainfo_invalid' }))
  })

  test('encode refuses a key that is not bytes', () => {
    expect(() => encode(new Map([['€', 1]]))).toThrow(expect.objectContaining({ code: 'metainfo_invalid' }))
  })
})

// Programs of all kinds wrote the files that are in use: what others read is read here too.
describe('decode reads what is not canonical, and says so', () => {
  test.each<[string, string, Bencode, Irregularity[]]>([
    ['-0', 'i-0e', 0, ['leading_zero']],
    ['a leading zero', 'i03e', 3, ['leading_zero']],
    ['a negative leading zero', 'i-03e', -3, ['leading_zero']],
    ['a leading zero in a length', '04:spam', bytesOf('spam'), ['leading_zero']],
    ['a repeated key: the first counts', 'd1:ai1e1:ai2ee', new Map([['a', 1]]), ['repeated_key']],
    [
      'unsorted keys',
      'd1:bi1e1:ai2ee',
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
      ['unsorted_keys'],
    ],
    [
      'a key that comes again later',
      'd1:ai1e1:bi2e1:ai3ee',
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
      ['unsorted_keys', 'repeated_key'],
    ],
    ['a line end after the end', 'i1e\r\n', 1, ['bytes_after_end']],
    ['another value after the end', 'i1ei2e', 1, ['bytes_after_end']],
    ['2^53', 'i9007199254740992e', 2 ** 53, []],
    ['64 bits', 'i18446744073709551615e', 2 ** 64, []],
  ])('%s', (_, text, value, irregularities) => {
    const decoded = decode(bytesOf(text))
    expect(decoded.value).toEqual(value)
    expect([...decoded.irregularities]).toEqual(irregularities)
  })

  test('the raw bytes of the first of repeated keys', () => {
    const { rawEntries } = decode(bytesOf('d4:infod1:xi7ee4:infod1:xi8eee'))
    expect([...rawEntries]).toEqual([['info', bytesOf('d1:xi7ee')]])
  })

  test('canonical input has no irregularity', () => {
    fc.assert(fc.property(anyValue, value => decode(encode(value)).irregularities.size === 0))
  })
})

describe('decode refuses', () => {
  test.each([
    ['nothing', ''],
    ['an end without a beginning', 'e'],
    ['an integer without digits', 'ie'],
    ['a lone minus', 'i-e'],
    ['a plus', 'i+1e'],
    ['a fraction', 'i1.5e'],
    ['an integer without end', 'i12'],
    ['a negative length', '-1:a'],
    ['a length past the end', '5:spam'],
    ['a length past any end', '99999999999999999999:a'],
    ['a length without a colon', '4'],
    ['a list without end', 'li1e'],
    ['a dictionary without end', 'd1:ai1e'],
    ['a key without a value', 'd1:ae'],
    ['an integer as key', 'di1ei2ee'],
    ['white space', ' i1e'],
    ['33 levels', `${'l'.repeat(33)}${'e'.repeat(33)}`],
    ['10,000 nested lists', `${'l'.repeat(10_000)}${'e'.repeat(10_000)}`],
    ['10,000 nested dictionaries', `${'d1:a'.repeat(10_000)}i1e${'e'.repeat(10_000)}`],
  ])('%s (syntax)', (_, text) => {
    expect(codeOf(bytesOf(text))).toBe('metainfo_syntax')
  })

  test('but takes 32 levels, and the largest integers', () => {
    expect(codeOf(bytesOf(`${'l'.repeat(32)}${'e'.repeat(32)}`))).toBe('accepted')
    const limits = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, -1]
    expect(decode(encode(limits)).value).toEqual(limits)
  })

  test.each([
    ['l', 'metainfo_syntax'],
    ['le', 'metainfo_too_large'],
    ['de', 'metainfo_too_large'],
    ['0:', 'metainfo_too_large'],
  ])('8 MiB of %s, in linear time (or the test runs into its limit)', (unit, code) => {
    const input = bytesOf(`l${unit.repeat((8 * MiB) / unit.length)}`)
    expect(codeOf(input)).toBe(code)
  })

  test('8 MiB of digits, in linear time', () => {
    const nines = new Uint8Array(8 * MiB).fill(0x39)
    const zeros = new Uint8Array(8 * MiB).fill(0x30)
    zeros[0] = 0x69
    zeros[zeros.length - 1] = 0x65
    expect(codeOf(nines)).toBe('metainfo_syntax')
    expect(decode(zeros)).toMatchObject({ value: 0, irregularities: new Set(['leading_zero']) })
  })
})
