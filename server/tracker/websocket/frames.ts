/** Frame types (RFC 6455 section 5.2). */
export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const
export type Opcode = (typeof Opcode)[keyof typeof Opcode]

/** Status codes of close frames (RFC 6455 section 7.4.1). */
export const CloseCode = {
  normal: 1000,
  protocolError: 1002,
  noStatus: 1005,
  invalidData: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  internalError: 1011,
  /** Of the registry of IANA: come back soon. */
  serviceRestart: 1012,
  tryAgainLater: 1013,
} as const

const FINAL = 0x80
const LENGTH_16 = 126
const LENGTH_64 = 127

/** One unmasked frame (RFC 6455 section 5.2) around `payload`, one byte a UTF-16 unit: strings join without being copied. */
export function frame(opcode: Opcode, payload: string): string {
  const { length } = payload
  if (length < LENGTH_16) return String.fromCharCode(FINAL | opcode, length) + payload
  if (length <= 0xffff) {
    return String.fromCharCode(FINAL | opcode, LENGTH_16, length >> 8, length & 0xff) + payload
  }
  // Nothing longer than 2^32 bytes is ever sent.
  const bytes = [length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff]
  return String.fromCharCode(FINAL | opcode, LENGTH_64, 0, 0, 0, 0, ...bytes) + payload
}

/** Payload of a close frame (RFC 6455 section 5.5.1); `reason` is ASCII and cut to what a control frame holds. */
export function closePayload(code: number, reason: string): string {
  return String.fromCharCode(code >> 8, code & 0xff) + reason.slice(0, 123)
}
