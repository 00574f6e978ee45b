/** SHA-256 of bytes that come one after the other: `crypto.subtle` wants all of a file in memory. WebAssembly is for workers only here. */
import hashes from 'hash-wasm/dist/sha256.umd.min.js'

const hash = hashes.createSHA256()

/** Bytes are answered with their number once they are hashed, `end` with the digest in hex. */
self.onmessage = async ({ data }: MessageEvent<Uint8Array | 'end'>) => {
  const sha256 = await hash
  if (data === 'end') return self.postMessage(sha256.digest())
  sha256.update(data)
  self.postMessage(data.length)
}
