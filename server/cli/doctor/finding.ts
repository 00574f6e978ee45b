/** The result of one check. `warn`: it works, but not well or not for long. */
export interface Finding {
  readonly name: string
  readonly level: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do about it. */
  readonly advice?: string
}
