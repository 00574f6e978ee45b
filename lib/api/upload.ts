import { AppError } from '../base/errors.ts'

/** Bytes of a request that were sent. */
export interface Sent {
  readonly done: number
  readonly total: number
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Cancels as long as not everything was sent: later the server may have done what it was asked. */
  readonly signal?: AbortSignal | undefined
  readonly onSent?: ((sent: Sent) => void) | undefined
}

/** How long nothing may be sent, and how long the answer may take after that; milliseconds. However slow the line is, it may go on. */
const STALL_MS = 30_000
const ANSWER_MS = 60_000

/**
 * `POST` of JSON with its progress, which `fetch` does not tell. Only a standstill ends it. Errors: `server_unreachable`,
 * `cancelled`.
 */
export function postJson(
  url: string,
  body: string,
  { headers = {}, onSent, signal }: PostOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    let timer: ReturnType<typeof setTimeout> | undefined
    let isSent = false
    const end = (settle: () => void) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      settle()
    }
    const fail = (detail: string) => end(() => reject(new AppError('server_unreachable', detail)))
    const watch = (ms: number, detail: string) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        fail(detail)
        request.abort()
      }, ms)
    }
    const cancel = () => {
      if (isSent) return
      end(() => reject(new AppError('cancelled')))
      request.abort()
    }
    if (signal?.aborted) return cancel()
    signal?.addEventListener('abort', cancel)
    request.upload.onprogress = ({ loaded, total }) => {
      onSent?.({ done: loaded, total })
      watch(STALL_MS, 'nothing could be sent for 30 s')
    }
    request.upload.onload = () => {
      isSent = true
      watch(ANSWER_MS, 'no answer within 60 s')
    }
    request.onload = () =>
      end(() => resolve(new Response(request.responseText, { status: request.status || 500 })))
    request.onerror = () => fail('')
    request.open('POST', url)
    for (const [name, value] of Object.entries({ 'content-type': 'application/json', ...headers })) {
      request.setRequestHeader(name, value)
    }
    watch(STALL_MS, 'nothing could be sent for 30 s')
    request.send(body)
  })
}
