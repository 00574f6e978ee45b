import type { ErrorCode } from '../../base/errors.ts'
import type { OpeningReport, StoreLayout } from '../disk/disk-share.ts'

/** One request to the worker of a store; bytes are transferred. */
export type StoreRequest =
  | { readonly do: 'open'; readonly layout: StoreLayout; readonly selected: readonly number[] }
  | { readonly do: 'write'; readonly piece: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly do: 'read'; readonly piece: number; readonly offset: number; readonly length: number }
  | { readonly do: 'select'; readonly selected: readonly number[] }
  /** Close the file, so that the page can take it by reference. */
  | { readonly do: 'letGo'; readonly file: number }
  | { readonly do: 'close' }
  | { readonly do: 'destroy' }

/** What the worker answers, by the name of the request. */
export interface StoreAnswers {
  open: { readonly have: Uint8Array<ArrayBuffer>; readonly report: OpeningReport }
  write: boolean
  read: Uint8Array<ArrayBuffer>
  select: null
  letGo: null
  close: null
  destroy: null
}

export interface StoreReply {
  readonly id: number
  readonly answer?: StoreAnswers[keyof StoreAnswers]
  readonly failure?: { readonly code: ErrorCode; readonly detail: string }
}
