import type { S3Client } from '@aws-sdk/client-s3'
import type { Config } from '../config/config.ts'
import { digestOf } from './digests.ts'
import {
  BucketError,
  type ObjectHeaders,
  type Objects,
  type OpenUpload,
  type StoredObject,
} from './objects.ts'

type Sdk = typeof import('@aws-sdk/client-s3')
type Sign = typeof import('@aws-sdk/s3-request-presigner')['getSignedUrl']

const CONNECT_MS = 10_000
/** A connection on which nothing moves for so long is closed. */
const IDLE_MS = 60_000

/** Where the bucket is: its endpoint, and its name there. */
export function addressOf(bucket: string): { readonly endpoint: string; readonly name: string } {
  const { origin, pathname } = new URL(bucket)
  return { endpoint: origin, name: pathname.replaceAll('/', '') }
}

/** The bucket of the configuration. The SDK is loaded here: a server without a bucket does not take the time and memory. */
export async function openS3(
  config: Pick<Config, 'bucketRegion'> & {
    readonly bucket: string
    readonly keyId: string
    readonly secret: string
  },
): Promise<Objects> {
  const sdk = await import('@aws-sdk/client-s3')
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner')
  const { endpoint, name } = addressOf(config.bucket)
  const client = new sdk.S3Client({
    endpoint,
    region: config.bucketRegion,
    credentials: { accessKeyId: config.keyId, secretAccessKey: config.secret },
    // Every storage knows this form, and needs neither DNS names nor certificates for each bucket.
    forcePathStyle: true,
    // Newer checksums are unknown to many storages. What is sent is checked all the same: its SHA-256 is in the signature.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: IDLE_MS },
  })
  return new S3Objects(sdk, getSignedUrl, client, name)
}

class S3Objects implements Objects {
  readonly #sdk: Sdk
  readonly #sign: Sign
  readonly #client: S3Client
  readonly #bucket: string
  /** In hex, of the bodies that are sent. */
  readonly #sha256 = new WeakMap<object, string>()

  constructor(sdk: Sdk, sign: Sign, client: S3Client, bucket: string) {
    this.#sdk = sdk
    this.#sign = sign
    this.#client = client
    this.#bucket = bucket
    // Says in the signature which SHA-256 the body has. The SDK would hash it in one go, while nothing else runs.
    client.middlewareStack.add(
      next => async args => {
        const { body, headers } = args.request as { body?: object; headers: Record<string, string> }
        const sha256 = body && this.#sha256.get(body)
        if (sha256 !== undefined) headers['x-amz-content-sha256'] = sha256
        return next(args)
      },
      { step: 'build', name: 'bodySha256' },
    )
  }

  async probe(signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.HeadBucketCommand({ Bucket: this.#bucket })
    await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
  }

  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    let after: string | undefined
    do {
      const input = { Bucket: this.#bucket, Prefix: prefix, ContinuationToken: after }
      const command = new this.#sdk.ListObjectsV2Command(input)
      const page = await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
      for (const { ETag, Key = '', LastModified = new Date(), Size = 0 } of page.Contents ?? [])
        yield { key: Key, size: Size, etag: unquoted(ETag), modified: LastModified }
      after = page.IsTruncated ? page.NextContinuationToken : undefined
    } while (after !== undefined)
  }

  async put(key: string, bytes: Uint8Array, headers: ObjectHeaders, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.PutObjectCommand({ ...this.#at(key), ...fieldsOf(headers), Body: bytes })
    await this.#hash(bytes)
    await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    // One by one: the request that removes many needs a checksum on which storages do not agree.
    const command = new this.#sdk.DeleteObjectCommand(this.#at(key))
    await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
  }

  async startUpload(key: string, headers: ObjectHeaders, signal: AbortSignal): Promise<OpenUpload> {
    const command = new this.#sdk.CreateMultipartUploadCommand({ ...this.#at(key), ...fieldsOf(headers) })
    const { UploadId: id } = await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
    if (id === undefined) throw new BucketError('it began an upload and did not say which')
    return { key, id }
  }

  async openUploads(prefix: string, signal: AbortSignal): Promise<readonly OpenUpload[]> {
    const found: (OpenUpload & { readonly at: number })[] = []
    let keyMarker: string | undefined
    let idMarker: string | undefined
    do {
      const marker = { KeyMarker: keyMarker, UploadIdMarker: idMarker }
      const input = { Bucket: this.#bucket, Prefix: prefix, ...marker }
      const command = new this.#sdk.ListMultipartUploadsCommand(input)
      const page = await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
      for (const { Initiated, Key: key, UploadId: id } of page.Uploads ?? [])
        if (key !== undefined && id !== undefined) found.push({ key, id, at: Initiated?.getTime() ?? 0 })
      keyMarker = page.IsTruncated ? page.NextKeyMarker : undefined
      idMarker = page.NextUploadIdMarker
    } while (keyMarker !== undefined)
    return found.sort((a, b) => a.at - b.at).map(({ id, key }) => ({ key, id }))
  }

  async partsOf(upload: OpenUpload, signal: AbortSignal) {
    const parts = new Map<number, Pick<StoredObject, 'size' | 'etag'>>()
    let after: string | undefined
    do {
      const command = new this.#sdk.ListPartsCommand({ ...this.#part(upload), PartNumberMarker: after })
      const page = await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
      for (const { ETag, PartNumber = 0, Size = 0 } of page.Parts ?? [])
        parts.set(PartNumber, { size: Size, etag: unquoted(ETag) })
      after = page.IsTruncated ? page.NextPartNumberMarker : undefined
    } while (after !== undefined)
    return parts
  }

  async putPart(upload: OpenUpload, number: number, bytes: Uint8Array, signal: AbortSignal): Promise<string> {
    const input = { ...this.#part(upload), PartNumber: number, Body: bytes }
    const command = new this.#sdk.UploadPartCommand(input)
    await this.#hash(bytes)
    const { ETag } = await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
    return unquoted(ETag)
  }

  async completeUpload(upload: OpenUpload, etags: readonly string[], signal: AbortSignal): Promise<void> {
    const Parts = etags.map((etag, index) => ({ ETag: `"${etag}"`, PartNumber: index + 1 }))
    const command = new this.#sdk.CompleteMultipartUploadCommand({
      ...this.#part(upload),
      MultipartUpload: { Parts },
    })
    await answerTo(this.#client.send(command, { abortSignal: signal }), signal)
  }

  async abortUpload(upload: OpenUpload, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.AbortMultipartUploadCommand(this.#part(upload))
    try {
      await this.#client.send(command, { abortSignal: signal })
    } catch (reason) {
      if (!(reason instanceof Error && reason.name === 'NoSuchUpload'))
        await answerTo(Promise.reject(reason), signal)
    }
  }

  signedUrl(key: string, method: 'GET' | 'HEAD', seconds: number): Promise<string> {
    const { GetObjectCommand, HeadObjectCommand } = this.#sdk
    const Command = method === 'HEAD' ? HeadObjectCommand : GetObjectCommand
    return this.#sign(this.#client, new Command(this.#at(key)), { expiresIn: seconds })
  }

  close(): void {
    this.#client.destroy()
  }

  async #hash(bytes: Uint8Array): Promise<void> {
    this.#sha256.set(bytes, (await digestOf('sha256', bytes)).toString('hex'))
  }

  #at(key: string) {
    return { Bucket: this.#bucket, Key: key }
  }

  #part({ id, key }: OpenUpload) {
    return { ...this.#at(key), UploadId: id }
  }
}

const unquoted = (etag = ''): string => etag.replaceAll('"', '')

const fieldsOf = ({ cacheControl, disposition, type }: ObjectHeaders) => ({
  ContentType: type,
  ContentDisposition: disposition,
  CacheControl: cacheControl,
})

/** The answer to a request. Errors: `BucketError`; the reason of `signal` when it aborts. */
async function answerTo<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await answer
  } catch (reason) {
    signal.throwIfAborted()
    throw new BucketError(reasonOf(reason))
  }
}

/** Only what kind of error it is: the rest of it has what was signed. */
function reasonOf(reason: unknown): string {
  const { $metadata, code, name } = reason as {
    readonly name?: string
    readonly code?: string
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  return [name, code, $metadata?.httpStatusCode]
    .filter(part => part !== undefined && part !== 'Error')
    .join(' ')
}
