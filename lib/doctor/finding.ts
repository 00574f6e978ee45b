/** All checks, each after those it depends on. */
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
 * Result of a check. `cause` is a key of `doctor.causes` in the message catalogues: what was found, and for
 * `warn` and `fail` how to fix it.
 */
export interface Finding {
  /** `warn`: it works, but not everywhere. */
  readonly result: 'pass' | 'warn' | 'fail' | 'skip'
  readonly cause: string
  /** Placeholders of the sentence. */
  readonly values?: Readonly<Record<string, string | number>>
  /** Addresses that were seen; they are in a report only when the person wants that. */
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
export const warn = (cause: string): Finding => ({ result: 'warn', cause })
export const skip = (cause: string): Finding => ({ result: 'skip', cause })
