import { createHash, randomUUID } from 'node:crypto'

interface Part {
  readonly bytes: Uint8Array
  readonly etag: string
}

interface Stored extends Part {
  readonly headers: Readonly<Record<string, string>>
  readonly modified: Date
}

interface Upload {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly parts: Map<number, Part>
  readonly at: Date
}

/** Storages refuse to complete an upload with a smaller part, unless it is the last. */
const PART_MIN = 5 * 1024 * 1024

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest()

/** What is in the bucket of a test, in memory. */
export class BucketContent {
  readonly objects = new Map<string, Stored>()
  readonly uploads = new Map<string, Upload>()

  put(key: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): string {
    const etag = md5(bytes).toString('hex')
    this.objects.set(key, { bytes, etag, headers, modified: new Date() })
    return etag
  }

  start(key: string, headers: Readonly<Record<string, string>>): string {
    const id = randomUUID()
    this.uploads.set(id, { key, headers, parts: new Map(), at: new Date() })
    return id
  }

  putPart(id: string, number: number, bytes: Uint8Array): string | null {
    const etag = md5(bytes).toString('hex')
    return this.uploads.get(id)?.parts.set(number, { bytes, etag }) ? etag : null
  }

  /** The entity tag of the object, or the error code of S3. */
  complete(id: string, listed: readonly { readonly number: number; readonly etag: string }[]) {
    const upload = this.uploads.get(id)
    if (!upload) return { fault: 'NoSuchUpload' }
    const parts: Part[] = []
    for (const [index, { etag, number }] of listed.entries()) {
      const part = upload.parts.get(number)
      if (part?.etag !== etag) return { fault: 'InvalidPart' }
      if (index > 0 && number <= (listed[index - 1]?.number ?? 0)) return { fault: 'InvalidPartOrder' }
      if (index < listed.length - 1 && part.bytes.length < PART_MIN) return { fault: 'EntityTooSmall' }
      parts.push(part)
    }
    if (parts.length === 0) return { fault: 'MalformedXML' }
    const bytes = Buffer.concat(parts.map(part => part.bytes))
    const etag = `${md5(Buffer.concat(parts.map(part => Buffer.from(part.etag, 'hex')))).toString('hex')}-${parts.length}`
    this.objects.set(upload.key, { bytes, etag, headers: upload.headers, modified: new Date() })
    this.uploads.delete(id)
    return { etag }
  }
}
