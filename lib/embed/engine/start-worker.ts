/** Source of `lib/storage/opfs/opfs-worker.ts`, put in by server/embed/bundle.ts. */
declare const __WORKER__: string

/**
 * The worker of one store, from a blob: pages may start workers of their own origin only. Throws, or the worker fails,
 * where the page's Content-Security-Policy forbids that.
 */
export function startOpfsWorker(): Worker {
  const url = URL.createObjectURL(new Blob([__WORKER__], { type: 'text/javascript' }))
  try {
    return new Worker(trusted(url), { type: 'module' })
  } finally {
    // The worker has fetched it: resolving the URL is part of starting.
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

/** Where the page asks for Trusted Types, by a policy called `tabseed`, which it has to allow. */
function trusted(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  if (!trustedTypes) return url
  policy ??= trustedTypes.createPolicy('tabseed', { createScriptURL: own => own })
  return policy.createScriptURL(url)
}
