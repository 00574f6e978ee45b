declare module 'hash-wasm/dist/sha256.umd.min.js' {
  import type { createSHA256 } from 'hash-wasm'

  const hashes: { readonly createSHA256: typeof createSHA256 }
  export default hashes
}
