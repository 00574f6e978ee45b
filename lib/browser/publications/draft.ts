import type { PickedFile } from '../../publish/plan.ts'

/** Files for the publish page to start with, handed over from another page of this tab. */
export interface PublishDraft {
  readonly files: readonly PickedFile[]
  readonly title: string
  readonly description: string
}

let handedOver: PublishDraft | null = null

/** The publish page, opened next, starts with these files. */
export function leaveDraft(draft: PublishDraft): void {
  handedOver = draft
}

/** Gives the draft once. */
export function takeDraft(): PublishDraft | null {
  const draft = handedOver
  handedOver = null
  return draft
}
