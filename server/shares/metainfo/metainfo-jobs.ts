import type { ErrorCode } from '../../../lib/base/errors.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { type Publication, type ReadPublication, readPublication } from '../publishing/new-content.ts'
import { type PackedMetainfo, packMetainfo } from './packed-metainfo.ts'

/** What is read of metainfo, here or in a worker. */
export type Job =
  | { readonly do: 'publication'; readonly publication: Publication }
  | { readonly do: 'pack'; readonly torrent: Uint8Array }

export type Result = ReadPublication | PackedMetainfo

/** What the worker answers: an error of ours travels as its code and detail. */
export type Answer = { readonly result: Result } | { readonly code: ErrorCode; readonly detail: string }

/** Errors: those of `readPublication` and `parseMetainfo`. Takes up to seconds for the largest. */
export async function work(job: Job): Promise<Result> {
  if (job.do === 'publication') return readPublication(job.publication)
  return packMetainfo(await parseMetainfo(job.torrent))
}
