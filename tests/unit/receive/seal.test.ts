import { hkdfSync } from 'node:crypto'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { formatLinkKey } from '../../../lib/encryption/link-key.ts'
import { ASK_MAX_BYTES, createDeliverySchema, createInboxSchema } from '../../../lib/protocol/inbox.ts'
import {
  ASK_TITLE_MAX,
  type Delivery,
  deliveryOf,
  SENDER_NAME_MAX,
  shortened,
} from '../../../lib/receive/delivery.ts'
import {
  inboxKey,
  newFragment,
  openAsk,
  openDelivery,
  sealAsk,
  sealDelivery,
  sendKeyOf,
} from '../../../lib/receive/seal.ts'

const SEND_KEY = /^[\w-]{43}$/

const delivery: Delivery = {
  name: 'Zoë',
  title: 'IMG_1.jpg and 41 more',
  infoHash: 'a'.repeat(40),
  key: 'A'.repeat(50),
  files: 42,
  length: 123_456,
}

let key: CryptoKey
let other: CryptoKey
beforeAll(async () => {
  key = await inboxKey(newFragment())
  other = await inboxKey(`#${newFragment()}`)
})

test('what is sealed is opened with the key from the same link, and with no other', async () => {
  const ask = await sealAsk(key, { title: 'Photos' })
  expect(await openAsk(key, ask)).toEqual({ title: 'Photos' })
  await expect(openAsk(other, ask)).rejects.toMatchObject({ code: 'key_wrong' })
  const sealed = await sealDelivery(key, delivery)
  expect(await openDelivery(key, sealed)).toEqual(delivery)
  expect(await openDelivery(other, sealed)).toBeNull()
  // Neither passes for the other, and no two are the same.
  expect(await openDelivery(key, ask)).toBeNull()
  await expect(openAsk(key, sealed)).rejects.toMatchObject({ code: 'key_wrong' })
  expect(await sealDelivery(key, delivery)).not.toBe(sealed)
})

test('the send key is of one link, and opens nothing', async () => {
  const fragment = newFragment()
  const sendKey = await sendKeyOf(fragment)
  expect(sendKey).toMatch(SEND_KEY)
  expect(createInboxSchema.safeParse({ ownerKey: 'o'.repeat(43), sealed: 'AAAA', sendKey }).success).toBe(
    true,
  )
  expect(await sendKeyOf(`#${fragment}`)).toBe(sendKey)
  expect(await sendKeyOf(newFragment())).not.toBe(sendKey)
  expect(fragment).not.toContain(sendKey)
  const bytes = Uint8Array.from(Buffer.from(sendKey, 'base64url'))
  const asKey = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['decrypt'])
  expect(await openDelivery(asKey, await sealDelivery(await inboxKey(fragment), delivery))).toBeNull()
})

test('the send key is what docs/encryption.md says', async () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => index)
  const expected = hkdfSync('sha256', secret, new Uint8Array(), 'tabseed/1 inbox send', 32)
  const fragment = formatLinkKey({ secret, password: null })
  expect(await sendKeyOf(fragment)).toBe(Buffer.from(expected).toString('base64url'))
})

test('a link that is cut, mistyped or of a share with a password is noticed', async () => {
  const fragment = newFragment()
  await expect(inboxKey('')).rejects.toMatchObject({ code: 'key_missing' })
  await expect(inboxKey(fragment.slice(0, -1))).rejects.toMatchObject({ code: 'key_wrong' })
  const swapped = (fragment[5] === 'x' ? 'y' : 'x') + fragment.slice(1)
  await expect(inboxKey(swapped)).rejects.toMatchObject({ code: 'key_wrong' })
  const locked = formatLinkKey({
    secret: new Uint8Array(32),
    password: { salt: new Uint8Array(16), memory: 65_536, passes: 4, lanes: 1, check: new Uint8Array(4) },
  })
  await expect(inboxKey(locked)).rejects.toMatchObject({ code: 'key_wrong' })
})

describe('a stranger', () => {
  test('can send any text, and nothing of it is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async text => {
        expect(await openDelivery(key, text)).toBeNull()
      }),
    )
  })

  test('can change no bit of what somebody else sealed', async () => {
    const bytes = Buffer.from(await sealDelivery(key, delivery), 'base64url')
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async bit => {
        const changed = Buffer.from(bytes)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(await openDelivery(key, changed.toString('base64url'))).toBeNull()
      }),
    )
  })

  test.each([
    ['an address in place of an info hash', { infoHash: 'https://evil.example/d/' }],
    ['a key that is none', { key: '#x' }],
    ['a key with a password', { key: 'A'.repeat(80) }],
    ['no bytes', { length: 0 }],
    ['half a file', { files: 0.5 }],
    ['a long name', { name: 'x'.repeat(SENDER_NAME_MAX + 1) }],
    ['no name', { name: null }],
  ])('cannot name %s', async (_what, change) => {
    const sealed = await sealDelivery(key, { ...delivery, ...change } as Delivery)
    expect(await openDelivery(key, sealed)).toBeNull()
  })
})

test('whatever names and titles people have, what is sealed fits, and its length tells little', async () => {
  const unit = fc.integer({ min: 0, max: 0xffff }).map(code => String.fromCharCode(code))
  const text = fc.oneof(
    fc.string({ maxLength: 400 }),
    fc.array(unit, { maxLength: 400 }).map(each => each.join('')),
  )
  await fc.assert(
    fc.asyncProperty(text, text, async (name, title) => {
      const sealed = await sealDelivery(key, deliveryOf({ ...delivery, name, title }))
      expect(createDeliverySchema.safeParse({ sealed }).success).toBe(true)
      expect(await openDelivery(key, sealed)).toMatchObject({ infoHash: delivery.infoHash })
      expect((Buffer.from(sealed, 'base64url').length - 29) % 256).toBe(0)
      const ask = await sealAsk(key, { title: shortened(title, ASK_TITLE_MAX) })
      expect(Buffer.from(ask, 'base64url').length).toBeLessThanOrEqual(ASK_MAX_BYTES)
      expect(createInboxSchema.safeParse({ ownerKey: 'k'.repeat(43), sealed: ask }).success).toBe(true)
    }),
  )
})

test('a text that is too long is cut between two characters', () => {
  expect(shortened('  short  ', 10)).toBe('short')
  expect(shortened('0123456789', 10)).toBe('0123456789')
  expect(shortened('0123456789a', 10)).toBe('012345678…')
  expect(shortened('01234567\u{1F331}\u{1F331}', 10)).toBe('01234567…')
})
