import { describe } from 'vitest'
import { whyNoLine } from './line.ts'

/** Tests that need a line; where there can be none they are skipped, and their title says why. */
export function describeOnLine(title: string, tests: () => void): void {
  const reason = whyNoLine()
  if (reason === null) describe(title, tests)
  else describe.skip(`${title} (skipped: ${reason})`, tests)
}
