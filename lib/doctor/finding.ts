/** What is looked at, in the order in which one thing depends on another. */
export const CHECKS = [
  'secure-context',
  'webrtc',
  'loopback',
  'candidates',
  'stun',
  'nat',
  'turn',
  'tracker',
  'public-url',
  'client-address',
  'clock',
  'storage',
  'service-worker',
  'peer',
] as const
export type CheckName = (typeof CHECKS)[number]

/**
 * What a check found. `cause` is a key of `doctor.causes` in the message catalogues: what is so, and for `fail` the one
 * step that mends it.
 */
export interface Finding {
  readonly result: 'pass' | 'fail' | 'skip'
  readonly cause: string
  /** For the sentence. */
  readonly values?: Readonly<Record<string, string | number>>
  /** Addresses that were seen; in a report only when the person wants it. */
  readonly addresses?: readonly string[]
}

export const pass = (cause: string, more: Partial<Finding> = {}): Finding => ({
  result: 'pass',
  cause,
  ...more,
})
export const fail = (cause: string, more: Partial<Finding> = {}): Finding => ({
  result: 'fail',
  cause,
  ...more,
})
export const skip = (cause: string): Finding => ({ result: 'skip', cause })
