import type { PickedFile } from '../picked-file.ts'

/** Files for the publish page to start with, from another page of this tab. */
export interface PublishDraft {
  readonly files: readonly PickedFile[]
  readonly title: string
  readonly description: string
}

/** Holds one draft between two pages. */
export class DraftSlot {
  #draft: PublishDraft | null = null

  /** The publish page, opened next, starts with these files. */
  put(draft: PublishDraft): void {
    this.#draft = draft
  }

  /** Returns the draft and empties the slot. */
  take(): PublishDraft | null {
    const draft = this.#draft
    this.#draft = null
    return draft
  }
}
