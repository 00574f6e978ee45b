const BLOCK_BYTES = 64

/** The first 64 primes' cube roots, 32 bits behind the point (FIPS 180-4, section 4.2.2), and the first 8 square roots (5.3.3). */
const primes = firstPrimes(64)
const ROUNDS = Int32Array.from(primes, prime => fraction(Math.cbrt(prime)))
const START = Int32Array.from(primes.slice(0, 8), prime => fraction(Math.sqrt(prime)))

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let next = 2; found.length < count; next++) {
    if (found.every(prime => next % prime !== 0)) found.push(next)
  }
  return found
}

function fraction(root: number): number {
  return ((root - Math.floor(root)) * 2 ** 32) | 0
}

/**
 * SHA-256 (FIPS 180-4) of bytes that come one after the other. Browsers' own (`crypto.subtle`) wants all of a file in memory at once.
 */
export class Sha256 {
  readonly #state = Int32Array.from(START)
  readonly #words = new Int32Array(64)
  readonly #rest = new Uint8Array(BLOCK_BYTES)
  #restLength = 0
  #length = 0

  update(bytes: Uint8Array): void {
    this.#length += bytes.length
    let at = 0
    if (this.#restLength > 0) {
      at = Math.min(BLOCK_BYTES - this.#restLength, bytes.length)
      this.#rest.set(bytes.subarray(0, at), this.#restLength)
      this.#restLength += at
      if (this.#restLength < BLOCK_BYTES) return
      this.#block(this.#rest, 0)
      this.#restLength = 0
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.#block(bytes, at)
    this.#rest.set(bytes.subarray(at))
    this.#restLength = bytes.length - at
  }

  /** In hex. Nothing can be added after it. */
  digest(): string {
    const bits = this.#length * 8
    // A one, zeros to the end of a block, and in its last eight bytes the length.
    const zeros = (BLOCK_BYTES - ((this.#length + 9) % BLOCK_BYTES)) % BLOCK_BYTES
    const padding = new Uint8Array(9 + zeros)
    padding[0] = 0x80
    const view = new DataView(padding.buffer)
    view.setUint32(1 + zeros, Math.floor(bits / 2 ** 32))
    view.setUint32(5 + zeros, bits >>> 0)
    this.update(padding)
    return Array.from(this.#state, word => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** Indexes are within bounds by construction; a check of each would halve the rate. */
  #block(bytes: Uint8Array, at: number): void {
    const words = this.#words
    const state = this.#state
    for (let i = 0, from = at; i < 16; i++, from += 4) {
      words[i] =
        ((bytes[from] as number) << 24) |
        ((bytes[from + 1] as number) << 16) |
        ((bytes[from + 2] as number) << 8) |
        (bytes[from + 3] as number)
    }
    for (let i = 16; i < 64; i++) {
      const before = words[i - 15] as number
      const last = words[i - 2] as number
      const s0 = ((before >>> 7) | (before << 25)) ^ ((before >>> 18) | (before << 14)) ^ (before >>> 3)
      const s1 = ((last >>> 17) | (last << 15)) ^ ((last >>> 19) | (last << 13)) ^ (last >>> 10)
      words[i] = ((((words[i - 16] as number) + s0) | 0) + (((words[i - 7] as number) + s1) | 0)) | 0
    }
    let a = state[0] as number
    let b = state[1] as number
    let c = state[2] as number
    let d = state[3] as number
    let e = state[4] as number
    let f = state[5] as number
    let g = state[6] as number
    let h = state[7] as number
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const word = ((ROUNDS[i] as number) + (words[i] as number)) | 0
      const one = (((((h + s1) | 0) + ((e & f) ^ (~e & g))) | 0) + word) | 0
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + one) | 0
      d = c
      c = b
      b = a
      a = (one + two) | 0
    }
    state[0] = ((state[0] as number) + a) | 0
    state[1] = ((state[1] as number) + b) | 0
    state[2] = ((state[2] as number) + c) | 0
    state[3] = ((state[3] as number) + d) | 0
    state[4] = ((state[4] as number) + e) | 0
    state[5] = ((state[5] as number) + f) | 0
    state[6] = ((state[6] as number) + g) | 0
    state[7] = ((state[7] as number) + h) | 0
  }
}
