/**
 * The Content-Security-Policy (CSP3) of one answer, whose inline scripts have this nonce, in base64. What a script with the nonce
 * loads may run (`strict-dynamic`), no other script. Nothing is loaded from another host but what a share's web seeds have, which is
 * hashed; `/w/` may send a page on to the bucket. Peers are reached by WebRTC, which connect-src does not govern. The answer is a page or a script; that of a script governs the
 * worker that is started from it, of which one hashes passwords with WebAssembly.
 */
export function contentSecurityPolicy(
  nonce: string,
  { answer, dev }: { readonly answer: 'page' | 'script'; readonly dev: boolean },
): string {
  const compiled = dev ? " 'unsafe-eval'" : answer === 'script' ? " 'wasm-unsafe-eval'" : ''
  return [
    "default-src 'self'",
    // No 'self': browsers that know strict-dynamic ignore it, and Firefox complains. React's development build compiles with eval.
    `script-src 'nonce-${nonce}' 'strict-dynamic'${compiled}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self' http: https: ws: wss:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
  ].join('; ')
}
