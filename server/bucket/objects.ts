/** An object in the bucket. */
export interface StoredObject {
  readonly key: string
  /** Bytes. */
  readonly size: number
  /** Without quotes. Of most storages it is the MD5 of what was sent, as `etagOf` has it. */
  readonly etag: string
  readonly modified: Date
}

/** A multipart upload that has not ended: its parts are in the bucket, and no object is. */
export interface OpenUpload {
  readonly key: string
  readonly id: string
}

/** What is told to whoever fetches an object. */
export interface ObjectHeaders {
  readonly type: string
  readonly disposition: string
  readonly cacheControl: string
}

/**
 * What is needed of a storage. Every call may take as long as the storage does and ends early, with the signal's reason, when `signal`
 * is aborted. Errors: `BucketError`.
 */
export interface Objects {
  /** Resolves when the bucket answers, and takes our key. */
  probe(signal: AbortSignal): Promise<void>
  /** All objects whose key begins with `prefix`, in the order of their keys. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<StoredObject>
  /** The storage refuses bytes whose SHA-256 is another than that of `bytes` here. */
  put(key: string, bytes: Uint8Array, headers: ObjectHeaders, signal: AbortSignal): Promise<void>
  /** An object that is not there counts as removed. */
  remove(key: string, signal: AbortSignal): Promise<void>
  startUpload(key: string, headers: ObjectHeaders, signal: AbortSignal): Promise<OpenUpload>
  /** Open uploads of keys that begin with `prefix`, the oldest first. Some storages find only those of a complete key. */
  openUploads(prefix: string, signal: AbortSignal): Promise<readonly OpenUpload[]>
  /** Parts of an open upload by their number. */
  partsOf(
    upload: OpenUpload,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, Pick<StoredObject, 'size' | 'etag'>>>
  /** As `put`; returns the entity tag, which `completeUpload` needs. Numbers begin with 1. */
  putPart(upload: OpenUpload, number: number, bytes: Uint8Array, signal: AbortSignal): Promise<string>
  /** Makes an object of the parts with these entity tags, in order. */
  completeUpload(upload: OpenUpload, etags: readonly string[], signal: AbortSignal): Promise<void>
  /** An upload that is not open any more counts as aborted. */
  abortUpload(upload: OpenUpload, signal: AbortSignal): Promise<void>
  /** Where a reader without a key may send one kind of request for an object until `seconds` have passed. */
  signedUrl(key: string, method: 'GET' | 'HEAD', seconds: number): Promise<string>
  close(): void
}

/** The bucket did not do what it was asked for. The message is what it said: no key and no address is in it. */
export class BucketError extends Error {
  override readonly name = 'BucketError'
}
