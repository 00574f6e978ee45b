/** Reads encrypted shares by docs/encryption.md with node:crypto alone: no line of the product is used here. */
import { argon2Sync, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** The key that stands behind the `#`, by the tables of docs/encryption.md. */
function readKey(text: string) {
  const bytes = Buffer.from(text, 'base64url')
  const body = bytes.subarray(0, -4)
  if (crc32(body) !== bytes.readUInt32BE(body.length)) throw new Error('checksum')
  const secret = body.subarray(1, 33)
  if (body[0] === 1 && body.length === 33) return { secret, password: null }
  if (body[0] !== 2 || body.length !== 56) throw new Error('kind or length')
  const [memoryLog2 = 0, passes = 0, lanes = 0] = body.subarray(49, 52)
  const salt = body.subarray(33, 49)
  return { secret, password: { salt, memory: 2 ** memoryLog2, passes, lanes, check: body.subarray(52) } }
}

const derive = (key: Uint8Array, info: string, bytes: number, salt: Uint8Array = Buffer.alloc(0)) =>
  Buffer.from(hkdfSync('sha256', key, salt, `tabseed/1 ${info}`, bytes))

/** All that stands in an encrypted share, decrypted and checked. `share` is the whole of its one file. */
export function readShare(share: Buffer, linkKey: string, password?: string) {
  const { secret, password: lock } = readKey(linkKey)
  let root: Buffer = secret
  if (lock) {
    const { memory, passes, salt } = lock
    const hash = argon2Sync('argon2id', {
      message: (password ?? '').normalize('NFC'),
      nonce: salt,
      parallelism: lock.lanes,
      tagLength: 32,
      memory,
      passes,
    })
    root = derive(secret, 'root', 32, hash)
    if (!derive(root, 'password check', 4).equals(lock.check)) throw new Error('password')
  }
  if (share.toString('latin1', 0, 8) !== 'TABSEED\u0001') throw new Error('magic')
  const contentStart = Number(share.readBigUInt64BE(8))
  if (!derive(secret, 'key check', 16).equals(share.subarray(16, 32))) throw new Error('key check')

  const gcm = createDecipheriv('aes-256-gcm', derive(root, 'manifest', 32), share.subarray(32, 44))
  gcm.setAAD(share.subarray(0, 44))
  gcm.setAuthTag(share.subarray(contentStart - 16, contentStart))
  const manifest = Buffer.concat([gcm.update(share.subarray(44, contentStart - 16)), gcm.final()])
  const indexEnd = 4 + manifest.readUInt32BE(0)
  const index = JSON.parse(manifest.toString('utf8', 4, indexEnd)) as {
    name: string
    folder: boolean
    title: string
    description: string
    files: [path: string, length: number, modified: number | null, executable: 0 | 1][]
  }

  const counter = Buffer.concat([derive(root, 'nonce', 8), Buffer.alloc(8)])
  const ctr = createDecipheriv('aes-256-ctr', derive(root, 'content', 32), counter)
  const content = Buffer.concat([ctr.update(share.subarray(contentStart)), ctr.final()])

  let chunkLength = 2 ** 20
  const chunks = () => index.files.reduce((sum, [, length]) => sum + Math.ceil(length / chunkLength), 0)
  while (chunks() > 2 ** 18) chunkLength *= 2
  let offset = 0
  let hashAt = indexEnd
  const files = index.files.map(([path, length, modified, executable]) => {
    const bytes = content.subarray(offset, offset + length)
    for (let at = 0; at < length; at += chunkLength, hashAt += 32) {
      const digest = createHash('sha256')
        .update(bytes.subarray(at, at + chunkLength))
        .digest()
      if (!digest.equals(manifest.subarray(hashAt, hashAt + 32))) throw new Error(`hash of ${path}`)
    }
    offset += length
    return { path, bytes, modified, executable }
  })
  return { ...index, files, tail: content.subarray(offset), contentStart }
}
