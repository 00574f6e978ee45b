import type { ErrorCode } from '../../base/errors.ts'
import type { OpeningReport } from '../disk/disk-share.ts'
import type { StoreLayout } from '../disk/store-layout.ts'

/** One request to the worker of a store; bytes are transferred. */
export type StoreRequest =
  /** Nothing but an answer: the script is here. */
  | { readonly do: 'wake' }
  | {
      readonly do: 'open'
      readonly layout: StoreLayout
      readonly selected: readonly number[]
      /** `debugPatterns()` of the page. */
      readonly debug: string
    }
  | { readonly do: 'write'; readonly piece: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly do: 'read'; readonly piece: number; readonly offset: number; readonly length: number }
  | { readonly do: 'select'; readonly selected: readonly number[] }
  /** Close the file, so that the page can take it by reference. */
  | { readonly do: 'closeFile'; readonly file: number }
  | { readonly do: 'close' }
  | { readonly do: 'destroy' }

/** The worker's answers, by request. */
export interface StoreAnswers {
  wake: null
  open: { readonly have: Uint8Array<ArrayBuffer>; readonly report: OpeningReport }
  write: boolean
  read: Uint8Array<ArrayBuffer>
  select: null
  closeFile: null
  close: null
  destroy: null
}

export interface StoreReply {
  readonly id: number
  readonly answer?: StoreAnswers[keyof StoreAnswers]
  readonly failure?: { readonly code: ErrorCode; readonly detail: string }
}
