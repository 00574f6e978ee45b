/**
 * Whether this page runs in a sandboxed frame without `allow-same-origin` (HTML, "sandboxed origin browsing context flag").
 * Such a frame seldom has `allow-downloads` or `allow-popups` either, and no script can find out: what is saved or opened
 * there may be dropped without an error.
 */
export const isSandboxed = (): boolean => globalThis.origin === 'null'
