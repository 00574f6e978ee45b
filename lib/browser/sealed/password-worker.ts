/** Argon2id of passwords: it takes a thread most of a second, and WebAssembly, which the content policy allows to workers only. */
import { toAppError } from '../../base/errors.ts'
import type { LinkKey } from '../../encryption/link-key.ts'
import { type Locked, lock, unlock } from '../../encryption/password.ts'

export type PasswordRequest =
  | { readonly do: 'lock'; readonly secret: Uint8Array<ArrayBuffer>; readonly password: string }
  | { readonly do: 'unlock'; readonly key: LinkKey; readonly password: string }

export type PasswordReply =
  | { readonly locked: Locked }
  | { readonly failure: { readonly code: ReturnType<typeof toAppError>['code']; readonly detail: string } }

async function answer(request: PasswordRequest): Promise<Locked> {
  if (request.do === 'lock') return lock(request.secret, request.password)
  const { key, password } = request
  return { key, root: await unlock(key, password) }
}

self.onmessage = async ({ data }: MessageEvent<PasswordRequest>) => {
  try {
    self.postMessage({ locked: await answer(data) } satisfies PasswordReply)
  } catch (reason) {
    const { code, detail } = toAppError(reason)
    self.postMessage({ failure: { code, detail } } satisfies PasswordReply)
  }
}
