/** Source of `lib/storage/opfs/opfs-worker.ts`; set by server/embed/bundle.ts. */
declare const __WORKER__: string

/**
 * Start the worker of one store from a blob, because a page can start workers only from its own origin. Throws, or the worker
 * fails, where the page's Content-Security-Policy forbids that.
 */
export function startOpfsWorker(): Worker {
  const url = URL.createObjectURL(new Blob([__WORKER__], { type: 'text/javascript' }))
  try {
    return new Worker(trusted(url), { type: 'module' })
  } finally {
    // By then the worker has fetched its source.
    setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS)
  }
}

const REVOKE_AFTER_MS = 10_000

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string }
}

let policy: ReturnType<TrustedTypes['createPolicy']> | undefined

/** A page that requires Trusted Types must allow our policy `tabseed`. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  if (!trustedTypes) return url
  policy ??= trustedTypes.createPolicy('tabseed', { createScriptURL: own => own })
  return policy.createScriptURL(url)
}
