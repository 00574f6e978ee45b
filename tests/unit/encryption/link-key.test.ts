import { readFile } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { AppError } from '../../../lib/base/errors.ts'
import {
  deriveKeyBytes,
  keyCheckOf,
  newSecret,
  passwordCheckOf,
  rootWithPassword,
} from '../../../lib/encryption/keys.ts'
import { formatLinkKey, parseLinkKey } from '../../../lib/encryption/link-key.ts'
import { argon2id, lock, unlock } from '../../../lib/encryption/password.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const codeOf = (act: () => unknown): string => {
  try {
    act()
    return 'none'
  } catch (reason) {
    return reason instanceof AppError ? reason.code : String(reason)
  }
}

const password = {
  salt: crypto.getRandomValues(new Uint8Array(16)),
  memory: 65_536,
  passes: 4,
  lanes: 1,
  check: crypto.getRandomValues(new Uint8Array(4)),
}

describe.each([
  ['without a password', null, 50],
  ['with a password', password, 80],
])('a key %s', (_, password, length) => {
  const key = { secret: newSecret(), password }
  const text = formatLinkKey(key)

  it('reads what it wrote, with a # and spaces around it', () => {
    expect(text).toHaveLength(length)
    expect(parseLinkKey(` #${text}\n`)).toEqual(key)
  })

  it('notices every wrong character', () => {
    for (let at = 0; at < text.length; at++) {
      for (const character of `${ALPHABET}.%`) {
        if (character === text[at]) continue
        const mistyped = text.slice(0, at) + character + text.slice(at + 1)
        expect(codeOf(() => parseLinkKey(mistyped))).toBe('key_wrong')
      }
    }
  })

  it('notices every cut, two characters in the wrong order, and what is too long', () => {
    for (let end = 1; end < text.length; end++) {
      expect(codeOf(() => parseLinkKey(text.slice(0, end)))).toBe('key_wrong')
      const [a = '', b = ''] = text.slice(end - 1, end + 1)
      const swapped = text.slice(0, end - 1) + b + a + text.slice(end + 1)
      if (swapped !== text) expect(codeOf(() => parseLinkKey(swapped))).toBe('key_wrong')
    }
    expect(codeOf(() => parseLinkKey(`${text}AAAA`))).toBe('key_wrong')
  })

  it('says when there is none', () => {
    for (const nothing of ['', '#', ' ']) expect(codeOf(() => parseLinkKey(nothing))).toBe('key_missing')
  })
})

it('refuses a password that would take all memory of the device', () => {
  for (const cost of [{ memory: 2 ** 22 }, { memory: 512 }, { passes: 17 }, { passes: 0 }, { lanes: 5 }]) {
    const text = formatLinkKey({ secret: newSecret(), password: { ...password, ...cost } })
    expect(codeOf(() => parseLinkKey(text))).toBe('key_wrong')
  }
})

it('opens with the right password, however its letters are composed, and with no other', async () => {
  const secret = newSecret()
  const { key, root } = await lock(secret, 'Grüße aus Wien')
  const again = parseLinkKey(formatLinkKey(key))
  expect(await unlock(again, 'Grüße aus Wien'.normalize('NFD'))).toEqual(root)
  expect(root).not.toEqual(secret)
  for (const wrong of ['grüße aus Wien', '', 'Grüße aus Wien ', null]) {
    await expect(unlock(again, wrong)).rejects.toMatchObject({ code: 'password_wrong' })
  }
  await expect(lock(secret, '')).rejects.toMatchObject({ code: 'password_wrong' })
}, 60_000)

it('refuses a wrong password 100 times in the same way, and opens with the right one after that', async () => {
  const secret = newSecret()
  // A cheap one: the hash is the library's.
  const cheap = { salt: new Uint8Array(16).fill(9), memory: 1024, passes: 1, lanes: 1 }
  const root = await rootWithPassword(secret, await argon2id('right', cheap))
  const key = { secret, password: { ...cheap, check: await passwordCheckOf(root, 4) } }
  for (let attempt = 0; attempt < 100; attempt++) {
    await expect(unlock(key, `wrong ${attempt}`)).rejects.toMatchObject({ code: 'password_wrong' })
  }
  expect(await unlock(key, 'right')).toEqual(root)
})

it('says what is missing where a browser has no WebCrypto, as over plain http', async () => {
  vi.stubGlobal('crypto', { getRandomValues: () => new Uint8Array(32) })
  try {
    expect(() => newSecret()).toThrow(expect.objectContaining({ code: 'insecure_context' }))
    await expect(deriveKeyBytes(new Uint8Array(32))).rejects.toMatchObject({ code: 'insecure_context' })
  } finally {
    vi.unstubAllGlobals()
  }
})

it('gives the values that docs/encryption.md lists', async () => {
  const doc = await readFile('docs/encryption.md', 'utf8')
  const secret = Uint8Array.from({ length: 32 }, (_, at) => at)
  const hash = await argon2id('Grüße', {
    salt: new Uint8Array(16).fill(7),
    memory: 65_536,
    passes: 4,
    lanes: 1,
  })
  const root = await rootWithPassword(secret, hash)
  const { content, manifest, nonce } = await deriveKeyBytes(secret)
  const values = [
    await keyCheckOf(secret),
    content,
    nonce,
    manifest,
    hash,
    root,
    await passwordCheckOf(root, 4),
  ]
  for (const value of values) expect(doc).toContain(`\`${Buffer.from(value).toString('hex')}\``)
  expect(doc).toContain(`\`${formatLinkKey({ secret, password: null })}\``)
})
