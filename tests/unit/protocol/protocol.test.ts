import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ERROR_STATUS, type ErrorCode } from '../../../lib/base/errors.ts'
import { DOWNLOADS_MAX } from '../../../lib/protocol/lifetime.ts'
import {
  createShareSchema,
  errorBodySchema,
  iceSchema,
  shareSchema,
  updateShareSchema,
} from '../../../lib/protocol/share.ts'
import { DESCRIPTION_MAX, TITLE_MAX } from '../../../lib/protocol/share-values.ts'

const hex40 = fc.stringMatching(/^[0-9a-f]{40}$/)
const bytes = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const time = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
  .map(date => date.toISOString())

const share = fc.record({
  infoHash: hex40,
  name: fc.string(),
  title: fc.string({ maxLength: TITLE_MAX }).map(text => text.trim()),
  description: fc.string({ maxLength: DESCRIPTION_MAX }).map(text => text.trim()),
  length: bytes,
  pieceLength: bytes,
  pieceCount: bytes,
  private: fc.boolean(),
  encrypted: fc.boolean(),
  listed: fc.boolean(),
  singleFile: fc.boolean(),
  files: fc.array(fc.record({ path: fc.string(), length: bytes, padding: fc.boolean() })),
  expiresAt: fc.option(time),
  downloadsMax: fc.option(fc.integer({ min: 1, max: DOWNLOADS_MAX })),
  createdAt: time,
  updatedAt: time,
  webSeeds: fc.array(fc.webUrl(), { maxLength: 9 }),
  links: fc.record({ page: fc.webUrl(), torrent: fc.webUrl(), magnet: fc.string() }),
})

describe('share', () => {
  it('survives the way through JSON', () => {
    fc.assert(
      fc.property(share, value => {
        expect(shareSchema.parse(JSON.parse(JSON.stringify(value)))).toEqual(value)
      }),
    )
  })

  it('is refused when any one field is of another kind', () => {
    fc.assert(
      fc.property(share, fc.constantFrom(...Object.keys(shareSchema.shape)), (value, key) => {
        expect(shareSchema.safeParse({ ...value, [key]: Symbol() }).success).toBe(false)
      }),
    )
  })

  it.each([-1, 0.5, 2 ** 53, Number.NaN, '1'])('has no length of %s', length => {
    const value = fc.sample(share, 1)[0]
    expect(shareSchema.safeParse({ ...value, length }).success).toBe(false)
  })
})

describe('requests', () => {
  it('take base64 metainfo and optional words, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array(), content => {
        const metainfo = Buffer.from(content).toString('base64')
        expect(createShareSchema.safeParse({ metainfo }).success).toBe(true)
        expect(createShareSchema.safeParse({ metainfo, owner: 'me' }).success).toBe(false)
      }),
    )
    expect(createShareSchema.safeParse({ metainfo: 'no base64!' }).success).toBe(false)
  })

  it('limit the words and need at least one change', () => {
    expect(updateShareSchema.safeParse({}).success).toBe(false)
    expect(updateShareSchema.safeParse({ title: '' }).success).toBe(true)
    expect(updateShareSchema.safeParse({ title: 'x'.repeat(TITLE_MAX + 1) }).success).toBe(false)
    expect(updateShareSchema.safeParse({ description: 'x'.repeat(DESCRIPTION_MAX + 1) }).success).toBe(false)
    expect(updateShareSchema.parse({ title: '  words  ' })).toEqual({ title: 'words' })
  })

  it('never make the schema throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        for (const schema of [
          createShareSchema,
          updateShareSchema,
          shareSchema,
          iceSchema,
          errorBodySchema,
        ]) {
          expect(typeof schema.safeParse(value).success).toBe('boolean')
        }
      }),
    )
  })
})

it('knows every error code and no other', () => {
  const body = (code: string) =>
    errorBodySchema.safeParse({ error: { code, message: 'm', detail: '' } }).success
  for (const code of Object.keys(ERROR_STATUS) as ErrorCode[]) expect(body(code)).toBe(true)
  expect(body('made_up')).toBe(false)
})
