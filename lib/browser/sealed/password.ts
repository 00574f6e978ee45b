import { AppError } from '../../base/errors.ts'
import { isLoadError } from '../../base/worker-error.ts'
import type { LinkKey } from '../../encryption/link-key.ts'
import type { Locked } from '../../encryption/password.ts'
import type { PasswordReply, PasswordRequest } from './password-worker.ts'

/** Give a share a password. Errors: `server_unreachable` (the worker's script). */
export const lockWith = (secret: Uint8Array<ArrayBuffer>, password: string): Promise<Locked> =>
  ask({ do: 'lock', secret, password })

/** What the keys of a share with a password are derived from; nobody is asked. Errors: `password_wrong`, `server_unreachable`. */
export const unlockWith = async (key: LinkKey, password: string): Promise<Locked['root']> =>
  (await ask({ do: 'unlock', key, password })).root

/** One worker a password: its memory is free again afterwards. */
function ask(request: PasswordRequest): Promise<Locked> {
  const worker = new Worker(new URL('./password-worker.ts', import.meta.url), { type: 'module' })
  return new Promise<Locked>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<PasswordReply>) => {
      if ('failure' in data) reject(new AppError(data.failure.code, data.failure.detail))
      else resolve(data.locked)
    }
    worker.onerror = ({ message }) =>
      reject(
        isLoadError(message)
          ? new AppError('server_unreachable', 'the code for passwords')
          : new AppError('internal', `password worker: ${message}`),
      )
    worker.postMessage(request)
  }).finally(() => worker.terminate())
}
