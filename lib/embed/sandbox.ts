/**
 * Whether this page may run in a sandbox: its origin says so where `allow-same-origin` is missing, and of a frame no script can
 * find out more. What is saved or opened in a sandbox without `allow-downloads` or `allow-popups` is dropped without an error.
 */
export const mayBeSandboxed = (): boolean => globalThis.origin === 'null' || self !== top
